import { MAX_SINGLE_CHUNK_BYTES } from '@tideline/contracts';
import { expect, it } from 'vitest';
import type { LocalKey, LocalNode, Observed, StatSig } from '../model/tree.ts';
import type { ScanResult } from '../ports/journal.ts';
import type { TestDevice } from '../testing/test-device.ts';
import { CycleWorld, instead, replace, text } from './cycle-world.fixture.ts';

/**
 * A device whose scans read no file again that has the signature under which they know it, as those of a real disk. Answers how
 * many files the scans have read.
 */
function trustingDevice(world: CycleWorld): { device: TestDevice; reads: () => number } {
  const device = world.device(1);
  const { scanner } = device.deps;
  let reads = 0;
  const asKnown = (key: LocalKey, seen: Observed<LocalNode>): Observed<LocalNode> => {
    if (seen.t !== 'present' || seen.node.kind === 'folder') return seen;
    const before = device.journal.localOverlay().get(key);
    if (before?.t === 'present' && isSame(before.node.sig, seen.node.sig)) {
      return { ...seen, node: { ...seen.node, content: before.node.content } };
    }
    reads += 1;
    return seen;
  };
  const scan = async (...args: Parameters<typeof scanner.scan>): Promise<ScanResult> => {
    const result = await scanner.scan(...args);
    return { ...result, seen: new Map([...result.seen].map(([key, seen]) => [key, asKnown(key, seen)])) };
  };
  replace(device, { scanner: instead(scanner, { scan }) });
  return { device, reads: () => reads };
}

const isSame = (a: StatSig, b: StatSig): boolean =>
  a.fileId === b.fileId && a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs;

/** What a power failure does to bytes that were not on the disk yet: zeros stand for them, and the times stay. */
function tear(device: TestDevice, path: string): void {
  device.disk.entries().get(path)?.bytes.fill(0);
}

const LARGE_BYTES = MAX_SINGLE_CHUNK_BYTES + 1;

it.each([
  { what: 'small', bytes: text('saved') },
  { what: 'large', bytes: new Uint8Array(LARGE_BYTES).fill(7) },
])('[SY-38] [K04] sends what a $what new file holds after the power took its bytes', async ({ bytes }) => {
  const world = new CycleWorld();
  const { device, reads } = trustingDevice(world);
  device.disk.write('f', bytes);
  device.journal.foldScan(await device.deps.scanner.scan('all', new AbortController().signal));
  tear(device, 'f');
  const report = await device.settle();
  expect(report).toMatchObject({ failed: 0, pending: 0, verified: true });
  const sent = world.cloud.bytesOf(world.cloud.find('f')?.contentId ?? '');
  expect(Buffer.from(sent).equals(Buffer.alloc(bytes.length))).toBe(true);
  expect(reads()).toBe(2);
});

it('[SY-38] [G26] reads a file whose bytes differ from look to look only as often as it is tried', async () => {
  const world = new CycleWorld();
  const { device, reads } = trustingDevice(world);
  const { disk } = device.deps;
  device.disk.write('f', text('saved'));
  const restless = instead(disk, {
    read: async (...args) => {
      device.disk
        .entries()
        .get('f')
        ?.bytes.forEach((byte, at, all) => void (all[at] = byte + 1));
      return disk.read(...args);
    },
  });
  replace(device, { disk: restless });
  const report = await device.cycle();
  expect(report).toMatchObject({ failed: 1, again: false });
  expect(device.journal.problems()).toMatchObject([{ path: 'f', code: 'BUSY' }]);
  const before = reads();
  for (let round = 0; round < 5; round++) await device.cycle();
  expect(reads() - before).toBeLessThanOrEqual(1);
});
