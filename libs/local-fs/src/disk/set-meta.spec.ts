import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT_ID, type BaseNode, type DiskResult, type StatSig } from '@tideline/sync-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createScanWorld, type ScanWorld } from '../scan/scan-world.fixture.ts';
import { createDiskContext } from './disk-context.ts';
import { beforeFirstCall, releaseCalls } from './fs-hook.fixture.ts';
import { setMeta } from './set-meta.ts';

const META = { mtimeMs: 1_700_000_000_000, exec: false };
let world: ScanWorld;
let row: BaseNode;

beforeEach(async () => {
  world = createScanWorld();
  world.write('f', 'old text');
  await world.sync();
  const found = world.journal.base.childByLocalName(ROOT_ID, 'f');
  if (!found) throw new Error('f is in base');
  row = found;
});
afterEach(() => {
  releaseCalls();
  return world.close();
});

type Call = 'fsyncSync' | 'futimesSync';

/** Sets the metadata while somebody writes at the worst moment, and takes the answer over as the engine does. */
function setWhileWritten(call: Call, text: string): DiskResult<{ sig: StatSig }> {
  beforeFirstCall(call, () => writeFileSync(world.path('f'), text));
  const context = createDiskContext({ root: world.root, homeTrash: join(world.root, '../Trash') });
  if (!row.sig) throw new Error('f has a signature');
  const result = setMeta(context, { path: 'f', expect: row.sig, meta: META });
  releaseCalls();
  if (result.t === 'done') world.journal.advance({ rows: [{ ...row, meta: META, sig: result.sig }] });
  return result;
}

describe('a write while metadata is set', () => {
  it.each<[Call, string]>([
    ['fsyncSync', 'OLD TEXT'],
    ['fsyncSync', 'longer text'],
    ['futimesSync', 'OLD TEXT'],
    ['futimesSync', 'longer text'],
  ])('[SA-1] is seen by the next scan: before %s, %s', async (call, text) => {
    setWhileWritten(call, text);
    await world.scan();
    expect(readFileSync(world.path('f'), 'utf8')).toBe(text);
    expect(world.differences()).toEqual({ f: 'edited' });
  });

  it('[SA-1] is answered as a change when it shows at once', () => {
    expect(setWhileWritten('futimesSync', 'longer text')).toEqual({ t: 'changed' });
  });
});

it('[BI-6] is read once more by the next scan, and then rests', async () => {
  expect(setWhileWritten('fsyncSync', 'old text')).toMatchObject({ t: 'done' });
  await world.sync();
  expect((await world.scan()).seen.size).toBe(0);
});
