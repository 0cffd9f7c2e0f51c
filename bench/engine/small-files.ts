import { cpSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { FILES_PER_FOLDER, plantSmall } from './plant.ts';
import { percentile } from '../drive/row.ts';
import { arrivals } from './arrivals.ts';
import type { EngineRow } from './engine-row.ts';
import { countTraffic } from './traffic.ts';
import type { EngineScene } from './scene.ts';

const SMALL_BYTES = 4096;
const TINY_BYTES = 64;
const MEDIUM_BYTES = 512 * 1024;
const SAVES = 40;

export type SmallOptions = {
  readonly files: number;
  readonly tiny: number;
  readonly medium: number;
  readonly isWanted: (work: string) => boolean;
};

/** 10,000 files of 4 KiB, then the same tree renamed, then single files saved. */
export async function smallFiles(scene: EngineScene, { files, isWanted }: SmallOptions): Promise<EngineRow[]> {
  plantSmall(join(scene.rootA, 'tree'), files, SMALL_BYTES);
  const count = arrivals(scene.rootB, FILES_PER_FOLDER);
  const usage = await scene.measure(
    () => scene.linkA(),
    () => count() >= files,
  );
  const first: EngineRow = {
    ...{ work: `${files} files × 4 KiB, first sync`, load: 'small', aims: [{ peer: 'syncthing', factor: 0.5 }] },
    ...{ measured: `${usage.seconds.toFixed(1)} s`, seconds: usage.seconds, usage },
  };
  return [
    first,
    ...(isWanted('rename') ? [await renamed(scene, files)] : []),
    ...(isWanted('latency') ? [await saved(scene)] : []),
  ];
}

async function renamed(scene: EngineScene, files: number): Promise<EngineRow> {
  const count = arrivals(join(scene.rootB, 'moved'), FILES_PER_FOLDER);
  const usage = await scene.measure(
    () => renameSync(join(scene.rootA, 'tree'), join(scene.rootA, 'moved')),
    () => !existsSync(join(scene.rootB, 'tree')) && count() >= files,
    10,
  );
  return {
    ...{ work: `rename of a folder with ${files} files`, load: 'rename', aims: [{ peer: 'syncthing', factor: 0.15 }] },
    ...{ measured: `${usage.seconds.toFixed(2)} s`, seconds: usage.seconds, usage },
    own: { aim: '≤ 1 s', isMet: usage.seconds <= 1 },
  };
}

/** From the end of the save on A until B reads the same bytes; one file at a time. */
async function saved(scene: EngineScene): Promise<EngineRow> {
  const tookMs: number[] = [];
  for (let number = 0; number < SAVES; number += 1) {
    const [here, there] = [scene.rootA, scene.rootB].map((root) => join(root, `saved-${number}.txt`)) as [
      string,
      string,
    ];
    writeFileSync(here, `x${number}`);
    const startedAt = performance.now();
    while (!isReadable(there, `x${number}`)) {
      if (performance.now() - startedAt > 60_000) throw new Error(`${there} did not come within a minute`);
      await delay(2);
    }
    tookMs.push(performance.now() - startedAt);
    await delay(300);
  }
  const [p50, p95] = [percentile(tookMs, 0.5), percentile(tookMs, 0.95)];
  await scene.settle();
  return {
    ...{ work: 'small file saved on A, readable on B', load: 'latency', aims: [], seconds: p50 / 1000 },
    measured: `p50 ${Math.round(p50)} ms, p95 ${Math.round(p95)} ms of ${SAVES}`,
    own: { aim: 'p50 ≤ 300 ms, p95 ≤ 1 s', isMet: p50 <= 300 && p95 <= 1000 },
  };
}

function isReadable(path: string, content: string): boolean {
  try {
    return readFileSync(path, 'utf8') === content;
  } catch {
    return false;
  }
}

/** Photographs and documents: larger than what travels by the hundred, smaller than what is cut into chunks. */
export async function mediumFiles(scene: EngineScene, { medium }: SmallOptions): Promise<EngineRow[]> {
  plantSmall(join(scene.rootA, 'tree'), medium, MEDIUM_BYTES);
  const count = arrivals(scene.rootB, FILES_PER_FOLDER);
  const usage = await scene.measure(
    () => scene.linkA(),
    () => count() >= medium,
  );
  return [
    {
      ...{ work: `${medium} files × 512 KiB, first sync`, aims: [], seconds: usage.seconds, usage },
      measured: `${usage.seconds.toFixed(1)} s`,
    },
  ];
}

/** 100,000 files of 64 bytes, then a third device whose folder has all of them already. */
export async function tinyFiles(scene: EngineScene, { tiny, isWanted }: SmallOptions): Promise<EngineRow[]> {
  const rows: EngineRow[] = [];
  plantSmall(join(scene.rootA, 'tree'), tiny, TINY_BYTES);
  const count = arrivals(scene.rootB, FILES_PER_FOLDER);
  const usage = await scene.measure(
    () => scene.linkA(),
    () => count() >= tiny,
    200,
  );
  rows.push({
    ...{ work: `${tiny} files × 64 B, first sync`, load: 'tiny', aims: [{ peer: 'unison', factor: 0.5 }] },
    ...{ measured: `${usage.seconds.toFixed(1)} s`, seconds: usage.seconds, usage },
  });
  if (isWanted('link')) rows.push(await linked(scene, tiny));
  return rows;
}

async function linked(scene: EngineScene, tiny: number): Promise<EngineRow> {
  const root = scene.world.path('C');
  cpSync(scene.rootA, root, {
    recursive: true,
    preserveTimestamps: true,
    filter: (path) => !path.includes('.tideline'),
  });
  const traffic = await countTraffic(scene.world.console.url);
  try {
    const agent = scene.world.device('c');
    const { enrollmentToken, adminEmail } = scene.world.console.bootstrap;
    await agent.enroll(traffic.url, enrollmentToken, adminEmail);
    await agent.start();
    const startedAt = performance.now();
    await scene.link(agent, root);
    const code = await agent.wait(100);
    const seconds = (performance.now() - startedAt) / 1000;
    if (code !== 0) throw new Error(`the third device is not up to date: ${code}`);
    const { contents } = traffic.counts();
    return {
      ...{ work: `first link of two equal trees of ${tiny} files`, aims: [], seconds },
      measured: `${seconds.toFixed(1)} s; ${contents} requests with contents`,
      own: { aim: 'no bytes travel', isMet: contents === 0 },
    };
  } finally {
    await traffic.close();
  }
}
