import { expect, it } from 'vitest';
import { LINUX_NAMES, type SyncPolicy } from '../model/policy.ts';
import { ROOT_ID, type BaseId, type BaseNode, type Observed } from '../model/tree.ts';
import { decide } from '../reconcile/decide.ts';
import { guardPlan } from '../safety/guard-plan.ts';
import { MemoryBase } from '../testing/memory-base.ts';
import { countingIds } from '../testing/test-device.ts';

/** More than a call takes arguments, as whoever spreads an array into one would find. */
const FILES = 150_000;
const FOLDER = ROOT_ID + 1;
const POLICY: SyncPolicy = {
  ...{ mode: 'bidirectional', propagateDeletes: false, conflict: 'copy', deviceName: 'PC1', nowLabel: 'now' },
  ...{ firstSync: false, recovery: false, nowMs: 1_800_000_000_000, names: LINUX_NAMES },
};
const ABSENT = { t: 'absent', sinceMs: 7 } as const;

function row(id: BaseId, parent: BaseId, kind: 'file' | 'folder'): BaseNode {
  const sig = { volume: 'v', fileId: BigInt(id), birthNs: 0n, size: 0, mtimeNs: 0n, ctimeNs: 0n, links: 1 };
  const name = `n${id}`;
  const held = { contentId: kind === 'file' ? `content ${id}` : null, size: kind === 'file' ? 1 : null };
  const meta = { mtimeMs: 0, exec: false };
  return {
    id,
    parent,
    localName: name,
    cloudName: name,
    kind,
    cloudId: name,
    rev: 1,
    ...held,
    meta,
    sig,
    state: 'managed',
  };
}

it.each(['local', 'cloud'] as const)(
  '[SY-31] [LI-1] a folder of very many files goes as one delete, gone on the %s side',
  (side) => {
    const base = new MemoryBase();
    const files = Array.from({ length: FILES }, (_, index) => row(FOLDER + 1 + index, FOLDER, 'file'));
    const rows = [row(FOLDER, ROOT_ID, 'folder'), ...files];
    base.write({ rows: [{ ...row(ROOT_ID, ROOT_ID, 'folder'), cloudId: 'root' }, ...rows], forget: [] });
    const gone = new Map(rows.map(({ id, cloudId }) => [side === 'local' ? id : cloudId, ABSENT as Observed<never>]));
    const none = new Map();
    const overlays = side === 'local' ? { local: gone, cloud: none } : { local: none, cloud: gone };
    let id = FOLDER + FILES;
    const trees = { base, ...overlays, cloudSeq: 1 } as Parameters<typeof decide>[0];
    const plan = decide(trees, POLICY, { ...countingIds(1), baseId: () => (id += 1) });
    const deletes = [...plan.cloud, ...plan.local];
    expect(deletes).toMatchObject([{ op: side === 'local' ? 'cloudTrash' : 'localTrash', id: FOLDER, sinceMs: 7 }]);
    expect(deletes.map((op) => ('ids' in op ? op.ids.length : 0))).toEqual([FILES + 1]);
    const facts = { base, mode: POLICY.mode, nowMs: POLICY.nowMs, observedFromMs: POLICY.nowMs, deeds: [], holds: [] };
    expect(guardPlan(plan, { ...facts, looksEncrypted: false }).holds).toMatchObject([{ files: FILES }]);
  },
);
