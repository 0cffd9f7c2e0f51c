import { routes, type NodeId } from '@tideline/contracts';
import type { Client } from 'pg';
import { BATCH_OPS, commit, createFolder, move } from './batches.ts';
import { ConsoleMemory } from './console-memory.ts';
import { CpuShares } from './cpu-shares.ts';
import type { DeviceClient } from './device-client.ts';
import { plantTree } from './plant.ts';
import { figure, percentile, timed, type BenchRow } from './row.ts';
import type { DriveScene } from './scene.ts';

const LARGE_FOLDER = { folders: 1000, filesPerFolder: 99 };
const FOLDER_MOVES = 30;
const FEED_PAGE = 5000;
const LISTING_PAGE = 10_000;

/**
 * Moves of many files, one batch after another. They are moved twice, since a console that has just started takes twice the CPU:
 * the second time is the measure, the first is told beside it.
 */
export async function runMoveBench(scene: DriveScene): Promise<BenchRow> {
  const device = await scene.device('mover');
  const ids = await withDatabase(scene, async (database) => {
    const { topId } = await plantTree(database, device, { name: 'to be moved', folders: 20, filesPerFolder: 1000 });
    return listFiles(database, topId);
  });
  const first = await measureMoves(device, ids, 'moved here');
  const cpu = new CpuShares(scene.console.pid);
  const perSecond = await measureMoves(device, ids, 'moved on');
  return {
    work: 'metadata-only batches of 500 moves, one client',
    aim: '≥ 10,000 nodes/s',
    measured: `${figure(perSecond, 'nodes/s')} (the first ${ids.length.toLocaleString('en')}: ${figure(first, 'nodes/s')})`,
    isMet: perSecond >= 10_000,
    boundBy: cpu.told(ids.length, 'node'),
  };
}

/** Moves per second. */
async function measureMoves(device: DeviceClient, ids: readonly NodeId[], folderName: string): Promise<number> {
  const target = createFolder(device.rootId, folderName);
  await commit(device, { ops: [target], inline: [], parts: [] });
  const moves = ids.map((id, index) => move(id, target.nodeId, `m ${index}`));
  const batches = Array.from({ length: Math.ceil(moves.length / BATCH_OPS) }, (_, batch) =>
    moves.slice(batch * BATCH_OPS, (batch + 1) * BATCH_OPS),
  );
  const { seconds } = await timed(async () => {
    for (const ops of batches) await commit(device, { ops, inline: [], parts: [] });
  });
  return moves.length / seconds;
}

/** A folder with 100,000 descendants gets new names. Twice as often as is measured: a console that has just started opens connections and plans. */
export async function runFolderMoveBench(scene: DriveScene): Promise<BenchRow> {
  const device = await scene.device('folder mover');
  const shape = { name: 'large', ...LARGE_FOLDER };
  const { topId, nodes } = await withDatabase(scene, (database) => plantTree(database, device, shape));
  const first = await timeFolderMoves(device, topId, 'large');
  const times = await timeFolderMoves(device, topId, 'large again');
  const p95Ms = percentile(times, 0.95);
  return {
    work: `move of a folder with ${(nodes - 1).toLocaleString('en')} descendants, p95 of ${FOLDER_MOVES}`,
    aim: '≤ 20 ms',
    measured: `${toldMs(times)}; the first ${FOLDER_MOVES} after the start: ${toldMs(first)}`,
    isMet: p95Ms <= 20,
  };
}

async function timeFolderMoves(device: DeviceClient, topId: NodeId, name: string): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round < FOLDER_MOVES; round += 1) {
    const ops = [move(topId, device.rootId, `${name} ${round}`)];
    const { seconds } = await timed(() => commit(device, { ops, inline: [], parts: [] }));
    times.push(seconds * 1000);
  }
  return times;
}

function toldMs(times: readonly number[]): string {
  return `${figure(percentile(times, 0.95), 'ms')} (p50 ${figure(percentile(times, 0.5), 'ms')})`;
}

/** All pages of a feed with 100,000 changes. */
export async function runFeedBench(scene: DriveScene): Promise<BenchRow> {
  const device = await scene.device('feed reader');
  const first = await listPage(device, device.rootId, undefined);
  const changes = await withDatabase(scene, async (database) => {
    return (await plantTree(database, device, { name: 'changes', ...LARGE_FOLDER })).nodes;
  });
  const { seconds, answer: told } = await timed(() => pullAll(device, first.cursor));
  if (told !== changes) throw new Error(`${changes} changes were made and ${told} told`);
  return {
    work: `feed: ${changes.toLocaleString('en')} changes pulled by one client, pages of ${FEED_PAGE}`,
    aim: '≤ 3 s',
    measured: figure(seconds, 's'),
    isMet: seconds <= 3,
  };
}

/** Every page of the listing of a large tree, and the memory of the console meanwhile. */
export async function runListingBench(scene: DriveScene, nodes: number): Promise<BenchRow> {
  const device = await scene.device('lister');
  const shape = { name: 'listed', folders: Math.round(nodes / 100), filesPerFolder: 99 };
  const { topId } = await withDatabase(scene, (database) => plantTree(database, device, shape));
  const meter = new ConsoleMemory(scene.console.pid);
  const { seconds, answer } = await timed(() => listAll(device, topId, meter));
  const planted = shape.folders * 100;
  if (answer.told !== planted || answer.count !== planted) {
    throw new Error(`${planted} nodes planted, ${answer.told} listed, ${answer.count} counted`);
  }
  return {
    work: `full listing with digest of ${planted.toLocaleString('en')} nodes, pages of ${LISTING_PAGE}`,
    aim: nodes >= 1_000_000 ? '≤ 30 s, memory flat' : '(smaller run)',
    measured: `${figure(seconds, 's')}; console ${meter.toldByPage()}`,
    isMet: seconds <= 30 * (nodes / 1_000_000) && meter.isFlat(),
  };
}

async function withDatabase<T>(scene: DriveScene, work: (database: Client) => Promise<T>): Promise<T> {
  const database = await scene.database();
  try {
    return await work(database);
  } finally {
    await database.end();
  }
}

async function listFiles(database: Client, topId: NodeId): Promise<NodeId[]> {
  const { rows } = await database.query<{ id: NodeId }>(
    `SELECT f.id FROM node d JOIN node f ON f.parent_id = d.id AND f.kind = 'file' WHERE d.parent_id = $1 ORDER BY f.seq`,
    [topId],
  );
  return rows.map((row) => row.id);
}

async function pullAll(device: DeviceClient, from: string): Promise<number> {
  let told = 0;
  for (let [cursor, more] = [from, true]; more;) {
    const query = { cursor, root: device.rootId, limit: FEED_PAGE };
    const page = await device.api.call(routes.drive.changes, { params: { spaceId: device.spaceId }, query });
    told += page.items.length;
    ({ cursor, more } = page);
  }
  return told;
}

function listPage(device: DeviceClient, root: NodeId, page: string | undefined) {
  const query = { root, limit: LISTING_PAGE, ...(page === undefined ? {} : { page }) };
  return device.api.call(routes.drive.listing, { params: { spaceId: device.spaceId }, query });
}

async function listAll(device: DeviceClient, topId: NodeId, meter: ConsoleMemory) {
  let told = -1; // the top folder itself is not counted
  for (let page: string | undefined; ;) {
    const answer = await listPage(device, topId, page);
    told += answer.nodes.length;
    meter.sample();
    if (answer.nextPage === null) return { told, count: answer.count };
    page = answer.nextPage;
  }
}
