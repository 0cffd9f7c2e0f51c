import { closeSync, existsSync, openSync, readSync, utimesSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { plantLarge } from './plant.ts';
import type { EngineRow } from './engine-row.ts';
import type { EngineScene } from './scene.ts';

const EDIT = Buffer.from('EDIT');

export type LargeOptions = { readonly bigMib: number; readonly isWanted: (work: string) => boolean };

/** One file of 1 GiB, then four bytes changed in its middle. */
export async function largeFile(scene: EngineScene, { bigMib, isWanted }: LargeOptions): Promise<EngineRow[]> {
  const [here, there] = [join(scene.rootA, 'big.bin'), join(scene.rootB, 'big.bin')];
  plantLarge(here, bigMib);
  const usage = await scene.measure(
    () => scene.linkA(),
    () => existsSync(there),
  );
  const first: EngineRow = {
    ...{ work: `file of ${bigMib} MiB, first sync`, load: 'big', aims: [{ peer: 'syncthing', factor: 1 }] },
    ...{ measured: `${usage.seconds.toFixed(1)} s`, seconds: usage.seconds, usage },
  };
  return [first, ...(isWanted('edit') ? [await edited(scene, { here, there, bigMib })] : [])];
}

async function edited(
  scene: EngineScene,
  { here, there, bigMib }: { readonly here: string; readonly there: string; readonly bigMib: number },
): Promise<EngineRow> {
  const offset = (bigMib * 1024 * 1024) / 2;
  const usage = await scene.measure(
    () => edit(here, offset),
    () => readAt(there, offset).equals(EDIT),
    20,
  );
  return {
    ...{ work: `4 bytes changed inside ${bigMib} MiB`, load: 'edit', measured: `${usage.seconds.toFixed(1)} s` },
    ...{ seconds: usage.seconds, usage },
    aims: [
      { peer: 'syncthing', factor: 0.7 },
      { peer: 'rsync', factor: 1 },
    ],
  };
}

function edit(path: string, offset: number): void {
  const fd = openSync(path, 'r+');
  writeSync(fd, EDIT, 0, EDIT.length, offset);
  closeSync(fd);
  const seconds = Date.now() / 1000 + 5;
  utimesSync(path, seconds, seconds);
}

/** Between two names of the file there is a moment without any. */
function readAt(path: string, offset: number): Buffer {
  const bytes = Buffer.alloc(EDIT.length);
  if (!existsSync(path)) return bytes;
  const fd = openSync(path, 'r');
  readSync(fd, bytes, 0, bytes.length, offset);
  closeSync(fd);
  return bytes;
}
