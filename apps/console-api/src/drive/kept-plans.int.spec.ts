import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NodeId, SpaceId } from '@tideline/contracts';
import { createDataSource } from '../database/data-source.ts';
import type { DevicePrincipal } from '../platform/principal.ts';
import { queryRows } from '../platform/rows.ts';
import { inTransaction } from '../platform/transaction.ts';
import { bytesOf, chunkOf, DriveWorld, ops } from './testing/drive-world.ts';
import { plantFiles } from './testing/plant-files.ts';

let world: DriveWorld;
let device: DevicePrincipal;
let spaceId: SpaceId;
let rootId: NodeId;
beforeAll(async () => {
  world = await DriveWorld.open();
  ({ device, spaceId, rootId } = await world.owner());
});
afterAll(() => world.close());

type Plan = Readonly<Record<string, unknown>> & { readonly Plans?: readonly Plan[] };

/** Of each statement whose plan the connection keeps: which tables it reads by which index, and by what. */
async function keptPlans({ database } = world): Promise<Map<string, string[]>> {
  return inTransaction(
    database.dataSource,
    async (manager) => {
      const kept = await queryRows<{ name: string; types: string[] }>(
        manager,
        `SELECT name, parameter_types::text[] AS types FROM pg_prepared_statements WHERE name <> '' ORDER BY name`,
      );
      const plans = new Map<string, string[]>();
      for (const { name, types } of kept) {
        const explain = `EXPLAIN (FORMAT JSON) EXECUTE "${name}"(${types.map((type) => `NULL::${type}`).join(', ')})`;
        const [row] = await queryRows<{ 'QUERY PLAN': [{ Plan: Plan }] }>(manager, explain);
        if (row) plans.set(name, [...new Set(readsOf(row['QUERY PLAN'][0].Plan))].toSorted());
      }
      return plans;
    },
    { isHot: true },
  );
}

function readsOf(plan: Plan): string[] {
  const below = (plan.Plans ?? []).flatMap(readsOf);
  const { 'Relation Name': table, 'Index Name': index, 'Index Cond': condition } = plan;
  const isRead = String(plan['Node Type']).endsWith('Scan') && (table !== undefined || index !== undefined);
  return isRead ? [...below, [table, index, condition].map(String).join(' | ')] : below;
}

/** All statements of a commit: bytes that come, bytes that are there, a manifest, bytes that no file uses, a move. */
async function work(name: string, by = world): Promise<void> {
  const folder = ops.folder(rootId, name);
  const parts = ['a', 'b', 'unused'].map((part) => bytesOf(`${name} ${part}`));
  const chunks = parts.slice(0, 2).map(chunkOf);
  const file = ops.file(folder.nodeId, 'f', { bytes: parts[0]! });
  await by.commit(device, spaceId, [folder, file], { inline: parts });
  await by.commit(device, spaceId, [ops.put(file.nodeId, { chunks }), ops.move(file.nodeId, rootId, `${name}, moved`)]);
}

/** As of a connection that is opened now. */
async function plansOfLater(): Promise<Map<string, string[]>> {
  const dataSource = await createDataSource(world.database.url, { poolSize: 1 }).initialize();
  const later = await DriveWorld.on({ ...world.database, dataSource });
  try {
    await work('later', later);
    return await keptPlans(later);
  } finally {
    await dataSource.destroy();
    await rm(later.folder, { recursive: true, force: true });
  }
}

describe('a plan that a connection keeps', () => {
  it('is the same whether the tables were nearly empty when it was made, or full', async () => {
    await world.sql('ANALYZE');
    await work('first');
    const young = await keptPlans();
    expect([...young.keys()]).toEqual([
      'batch-nodes',
      'chains',
      'insert-manifests',
      'insert-packs',
      'lock-chunks',
      'lock-space',
      'membership',
      'op-answers',
      'record-uploads',
      'spaces',
      'stored-chunks',
      'write-batches',
    ]);
    await plantFiles(world, { spaceId, folderId: rootId }, 12_000);
    await work('second');
    expect(await keptPlans()).toEqual(young); // kept: nothing told the connection of the growth
    expect(await plansOfLater()).toEqual(young); // made by statistics of a table that had one row
    await world.sql('ANALYZE'); // which has it plan all of them anew
    await work('third');
    expect(await keptPlans()).toEqual(young);
  }, 60_000);
});
