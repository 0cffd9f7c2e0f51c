import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  acts,
  countingIds,
  Crash,
  ManualClock,
  MemoryCloud,
  perform,
  TestDevice,
  type Act,
  type Hands,
  type MemoryDisk,
  type Verb,
} from '@tideline/sync-core/testing';

const hashes = { sha256Hex: (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex') };
const ROOT = '00000000-0000-7000-8000-0000000000ff';
const FACTOR = Number(process.env['SIM_RUNS'] ?? 1);
const SEED = process.env['SIM_SEED'] === undefined ? Date.now() & 0x7fffffff : Number(process.env['SIM_SEED']);
const VERBS: readonly Verb[] = [
  'file',
  'folder',
  'edit',
  'move',
  'remove',
  'swap',
  'same',
  'wrap',
  'unwrap',
  'empty',
  'retype',
  'over',
];

const parentOf = (path: string) => path.slice(0, Math.max(0, path.lastIndexOf('/')));
const nameOf = (path: string) => path.slice(path.lastIndexOf('/') + 1);
const below = (parent: string, name: string) => (parent === '' ? name : `${parent}/${name}`);

function refuse(): never {
  throw new Error('refused');
}

/** Things on the disk are known by their file ids, which stay theirs when they or their folders are renamed. */
function handsOnMemoryDisk(disk: MemoryDisk): Hands<string> {
  const pathOf = (ref: string): string => {
    if (ref === '') return '';
    for (const [path, { fileId }] of disk.entries()) if (String(fileId) === ref) return path;
    return refuse();
  };
  const refOf = (path: string) => (path === '' ? '' : String(disk.entries().get(path)?.fileId ?? refuse()));
  const place = (parent: string, name: string): string => {
    const folder = pathOf(parent);
    if (folder !== '' && disk.entries().get(folder)?.kind !== 'folder') refuse();
    const path = below(folder, name);
    return disk.entries().has(path) ? refuse() : path;
  };
  return {
    root: '',
    items: () =>
      [...disk.entries()].map(([path, { kind }]) => ({
        ref: refOf(path),
        parent: refOf(parentOf(path)),
        name: nameOf(path),
        kind,
      })),
    create: (parent, name, token) => {
      const path = place(parent, name);
      if (token === null) disk.mkdir(path);
      else disk.write(path, token);
      return refOf(path);
    },
    write: (ref, token) => disk.write(pathOf(ref), token),
    touch: refuse,
    move: (ref, parent, name) => {
      const [from, to] = [pathOf(ref), place(parent, name)];
      if (to.startsWith(`${from}/`)) refuse();
      disk.rename(from, to);
    },
    remove: (ref) => disk.remove(pathOf(ref)),
  };
}

function handsInMemoryCloud(cloud: MemoryCloud, ids: ReturnType<typeof countingIds>): Hands<string> {
  const meta = { mtimeMs: 1, exec: false };
  const contentOf = (token: string) => {
    const bytes = new TextEncoder().encode(token);
    const hash = hashes.sha256Hex(bytes);
    void cloud.putPack([{ chunk: { hash, size: bytes.length } as never, bytes }]);
    return { size: bytes.length, chunks: [{ hash, size: bytes.length }] };
  };
  return {
    root: ROOT,
    items: () =>
      [...cloud.tree().keys()].flatMap((path) => {
        const node = cloud.find(path);
        return node ? [{ ref: node.id, parent: node.parentId ?? ROOT, name: node.name, kind: node.kind }] : [];
      }),
    create: (parentId, name, token) => {
      const node = { ...{ opId: ids.opId(), nodeId: ids.nodeId(), parentId, name } };
      cloud.apply(
        token === null
          ? { kind: 'createFolder', ...node }
          : { kind: 'createFile', ...node, ...meta, content: contentOf(token) },
      );
      return node.nodeId;
    },
    write: (nodeId, token) =>
      void cloud.apply({ kind: 'putVersion', opId: ids.opId(), nodeId, ...meta, content: contentOf(token) }),
    touch: refuse,
    move: (nodeId, parentId, name) => void cloud.apply({ kind: 'move', opId: ids.opId(), nodeId, parentId, name }),
    remove: (nodeId) => void cloud.apply({ kind: 'trash', opId: ids.opId(), nodeId }),
  };
}

function actOn<R>(hands: Hands<R>, act: Act, token: string): void {
  try {
    perform(hands, act, token);
  } catch {
    // What is refused, the person did not do.
  }
}

/** The process ends at the n-th change it makes on the disk or in the drive. */
async function crashOnce(device: TestDevice, cloud: MemoryCloud, crashAt: number): Promise<void> {
  let writes = 0;
  const count = () => {
    writes += 1;
    if (writes === crashAt) throw new Crash();
  };
  device.disk.onWrite = count;
  cloud.onCommit = count;
  if (crashAt % 3 === 0) cloud.lostAnswers = 1;
  await device.cycle().catch(() => undefined);
  cloud.lostAnswers = 0;
  device.disk.onWrite = () => undefined;
  cloud.onCommit = () => undefined;
}

async function rest(device: TestDevice): Promise<void> {
  for (let round = 0; round < 4; round++) {
    for (const hold of device.journal.holds()) device.journal.answerHold(hold.holdId, 'approved');
    await device.settle();
  }
  await device.cycle(); // what was deleted on both sides is forgotten once all it held has found its place
}

function expectEqual(device: TestDevice, cloud: MemoryCloud): void {
  const decoder = new TextDecoder();
  const inCloud = [...cloud.tree()].map(([path, id]) => [path, id === null ? null : decoder.decode(cloud.bytesOf(id))]);
  expect(Object.fromEntries(device.disk.tree())).toEqual(Object.fromEntries(inCloud));
  expect([...device.journal.localOverlay()]).toEqual([]);
  expect([...device.journal.cloudOverlay()]).toEqual([]);
  expect(device.journal.unfinished()).toEqual([]);
}

describe('the whole engine over fakes', () => {
  it.each([false, true])('[SA-2] [K01] [R04] ends equal after changes on both sides (crashes: %s)', async (crashes) => {
    const script = fc.array(acts(2, VERBS), { maxLength: 12 });
    const property = fc.asyncProperty(script, script, fc.integer({ min: 1, max: 12 }), async (first, then, crashAt) => {
      const clock = new ManualClock();
      const cloud = new MemoryCloud(ROOT, hashes);
      const device = new TestDevice(cloud, { number: 1, hashes, clock });
      const [disk, drive] = [handsOnMemoryDisk(device.disk), handsInMemoryCloud(cloud, countingIds(0xfff))];
      let token = 0;
      for (const acts of [first, then]) {
        for (const act of acts) {
          token += 1;
          if (act.who === 0) actOn(disk, act, `t${token}`);
          else actOn(drive, act, `t${token}`);
        }
        clock.advance(5000); // deletes settle
        if (crashes) await crashOnce(device, cloud, crashAt);
        await rest(device);
        expectEqual(device, cloud);
      }
    });
    await fc.assert(property, { numRuns: Math.ceil(400 * FACTOR), seed: SEED });
  });
});
