import { BATCH_OPS, commit, createFile, createFolder, chunkOf, prepareFiles, type PreparedBatch } from './batches.ts';
import { randomBytes } from 'node:crypto';
import type { NodeId } from '@tideline/contracts';
import { CpuShares } from './cpu-shares.ts';
import type { DeviceClient } from './device-client.ts';
import { measureLocks } from './lock-log.ts';
import { figure, percentile, timed, type BenchRow } from './row.ts';
import type { DriveScene } from './scene.ts';

const FILE_BYTES = 4096;
const CLIENTS = 50;
/**
 * Fifty clients that each wait for their answer have fifty batches on the way: at 4,000 files/s the answer to batches of 500
 * could not come before 6 s (Little's law). Agents that save now and then send small ones.
 */
const SMALL_BATCH_FILES = 20;

export type CommitOptions = { readonly batches: number };

export async function runCommitBench(scene: DriveScene, options: CommitOptions): Promise<BenchRow[]> {
  const one = await scene.device('one');
  await commitAll(one, prepareMany(one.rootId, 'warm up', 4));
  const prepared = prepareMany(one.rootId, 'measured', options.batches);
  const cpuAlone = new CpuShares(scene.console.pid);
  const alone = await measureOne(one, prepared);
  const toldAlone = cpuAlone.told(options.batches * BATCH_OPS, 'file');
  const many = await Promise.all(Array.from({ length: CLIENTS }, (_, index) => scene.device(`client ${index}`)));
  await measureMany(many, { name: 'warm', rounds: 2 });
  const rounds = Math.max(5, Math.round(options.batches / 2));
  const cpuTogether = new CpuShares(scene.console.pid);
  const together = await measureMany(many, { name: 'measured', rounds });
  const toldTogether = cpuTogether.told(CLIENTS * rounds * SMALL_BATCH_FILES, 'file');
  const heldMs = await measureLocks(scene, async () => {
    await measureMany(many, { name: 'logged', rounds: 5 });
  });
  return toRows({ alone, together, heldMs, toldAlone, toldTogether });
}

async function measureOne(device: DeviceClient, prepared: readonly PreparedBatch[]): Promise<number> {
  const { seconds } = await timed(() => commitAll(device, prepared));
  return (prepared.length * BATCH_OPS) / seconds;
}

function prepareMany(rootId: NodeId, name: string, batches: number): PreparedBatch[] {
  return Array.from({ length: batches }, (_, index) => prepareFiles(rootId, `${name} ${index}`, FILE_BYTES));
}

async function commitAll(device: DeviceClient, batches: readonly PreparedBatch[]): Promise<void> {
  for (const batch of batches) await commit(device, batch);
}

type Together = { readonly filesPerSecond: number; readonly batchMs: readonly number[] };

async function measureMany(
  devices: readonly DeviceClient[],
  { name, rounds }: { readonly name: string; readonly rounds: number },
): Promise<Together> {
  const folders = await Promise.all(devices.map((device, index) => makeFolder(device, `${name}, client ${index}`)));
  const prepared = folders.map((folderId) =>
    Array.from({ length: rounds }, (_, round) => prepareSmall(folderId, round)),
  );
  const batchMs: number[] = [];
  const { seconds } = await timed(() =>
    Promise.all(
      devices.map(async (device, index) => {
        for (const batch of prepared[index] ?? [])
          batchMs.push((await timed(() => commit(device, batch))).seconds * 1000);
      }),
    ),
  );
  return { filesPerSecond: (batchMs.length * SMALL_BATCH_FILES) / seconds, batchMs };
}

async function makeFolder(device: DeviceClient, name: string): Promise<NodeId> {
  const folder = createFolder(device.rootId, name);
  await commit(device, { ops: [folder], inline: [], parts: [] });
  return folder.nodeId;
}

function prepareSmall(folderId: NodeId, round: number): PreparedBatch {
  const parts = Array.from({ length: SMALL_BATCH_FILES }, () => randomBytes(FILE_BYTES));
  const inline = parts.map(chunkOf);
  return { ops: inline.map((chunk, index) => createFile(folderId, `r${round} f${index}`, chunk)), inline, parts };
}

type Found = {
  readonly alone: number;
  readonly together: Together;
  readonly heldMs: number[];
  readonly toldAlone: string;
  readonly toldTogether: string;
};

function toRows({ alone, together, heldMs, toldAlone, toldTogether }: Found): BenchRow[] {
  const share = together.filesPerSecond / alone;
  const [p95Ms, heldP95Ms] = [percentile(together.batchMs, 0.95), percentile(heldMs, 0.95)];
  const clients = `${CLIENTS} clients, batches of ${SMALL_BATCH_FILES} files, one space`;
  return [
    {
      work: 'batch commit of new 4 KiB files with bytes, one client, batches of 500',
      aim: '≥ 4,000 files/s',
      measured: figure(alone, 'files/s'),
      isMet: alone >= 4000,
      boundBy: toldAlone,
    },
    {
      work: `${clients}: rate`,
      aim: '≥ 70 % of one client',
      measured: `${figure(together.filesPerSecond, 'files/s')} = ${Math.round(share * 100)} %`,
      isMet: share >= 0.7,
      boundBy: toldTogether,
    },
    {
      work: `${clients}: p95 of a batch`,
      aim: '≤ 500 ms',
      measured: `${figure(p95Ms, 'ms')} (p50 ${figure(percentile(together.batchMs, 0.5), 'ms')})`,
      isMet: p95Ms <= 500,
    },
    {
      work: `${clients}: p95 of how long the space is locked`,
      aim: '≤ 20 ms',
      measured: `${heldP95Ms} ms of ${heldMs.length} commits`,
      isMet: heldP95Ms <= 20,
    },
  ];
}
