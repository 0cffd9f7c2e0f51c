import { setTimeout as delay } from 'node:timers/promises';
import type { NodeId } from '@tideline/contracts';
import type { Client } from 'pg';
import type { DeviceClient } from './device-client.ts';
import { measureLocks } from './lock-log.ts';
import { plantTree } from './plant.ts';
import { percentile, type BenchRow } from './row.ts';
import type { DriveScene } from './scene.ts';

const SHAPE = { name: 'purged', folders: 60, filesPerFolder: 99 };
const LOOK_EVERY_MS = 200;

/** How long each slice of a purge holds the space; the job of the console removes what was given up. */
export async function runPurgeBench(scene: DriveScene): Promise<BenchRow> {
  const device = await scene.device('purger');
  const database = await scene.database();
  try {
    const { topId, nodes } = await plantTree(database, device, SHAPE);
    await plantVersions(database, device);
    const heldMs = await measureLocks(scene, () => purge(database, device, topId));
    const p95Ms = percentile(heldMs, 0.95);
    return {
      work: `purge of ${nodes.toLocaleString('en')} nodes: p95 of how long a slice locks the space`,
      aim: '≤ 20 ms',
      measured: `${p95Ms} ms of ${heldMs.length} slices (p50 ${percentile(heldMs, 0.5)} ms)`,
      isMet: p95Ms <= 20,
    };
  } finally {
    await database.end();
  }
}

async function plantVersions(database: Client, device: DeviceClient): Promise<void> {
  await database.query(
    `INSERT INTO version (enterprise_id, id, space_id, node_id, content_id, size, author_user_id, origin)
     SELECT enterprise_id, version_id, space_id, id, content_id, size, gen_random_uuid(), 'sync' FROM node
     WHERE kind = 'file' AND space_id = $1`,
    [device.spaceId],
  );
}

/** Gives the folder up, as deleting it for good does, and waits until the job has removed all that lies in it. */
async function purge(database: Client, device: DeviceClient, topId: NodeId): Promise<void> {
  await database.query('UPDATE node SET trashed_at = now(), live_name = NULL, purged_at = now() WHERE id = $1', [
    topId,
  ]);
  for (;;) {
    const { rowCount } = await database.query(
      'SELECT FROM node WHERE space_id = $1 AND purged_at IS NOT NULL LIMIT 1',
      [device.spaceId],
    );
    if (rowCount === 0) return;
    await delay(LOOK_EVERY_MS);
  }
}
