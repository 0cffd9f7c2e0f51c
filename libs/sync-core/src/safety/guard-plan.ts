import type { CloudOp, Hold, LocalOp, Plan } from '../model/plan.ts';
import type { BaseId, BaseView } from '../model/tree.ts';
import { ROOT_ID } from '../model/tree.ts';
import type { StoredHold } from '../ports/journal.ts';

export const MASS_DELETE_FILES = 200;
export const MASS_DELETE_SHARE = 0.2;
export const MASS_DELETE_LEAST_FILES = 20;
/** Deletes of so long ago count towards one mass. */
export const MASS_DELETE_WINDOW_MS = 10 * 60 * 1000;
/** Deletes wait so long before they run, so that a mass shows. */
export const DELETE_SETTLE_MS = 2000;

export type GuardFacts = {
  readonly base: BaseView;
  /** When the look at the disk and the cloud that the plan rests on began: what it saw first must be seen once more. */
  readonly observedFromMs: number;
  /** Files deleted by us without consent, on either side, in the last `MASS_DELETE_WINDOW_MS`. */
  readonly deletedRecently: number;
  readonly holds: readonly StoredHold[];
};

export type GuardedPlan = {
  readonly plan: Plan;
  readonly holds: readonly Hold[];
  /** When the next delete has settled; null when none waits for that. */
  readonly postponedUntilMs: number | null;
  /** Operations that wait for a person: held deletes and what needs the names they free. */
  readonly heldOps: number;
  /** Deletes a person agreed to: they run, and must not be recorded as deleted without consent. */
  readonly approvedOps: ReadonlySet<string>;
};

type Delete = Extract<CloudOp | LocalOp, { op: 'cloudTrash' | 'localTrash' }>;
type Side = { readonly kind: Hold['kind']; readonly deletes: readonly Delete[] };

/** GU-1: mass deletes wait for a person, all deletes wait a moment; everything else goes on unless it needs a name they hold. */
export function guardPlan(plan: Plan, facts: GuardFacts): GuardedPlan {
  const approved = idsOf(facts.holds.filter((hold) => hold.answer === 'approved'));
  const sides = [
    { kind: 'mass_delete_cloud', deletes: deletesOf(plan.cloud) },
    { kind: 'mass_delete_local', deletes: deletesOf(plan.local) },
  ] as const;
  const held = new Set<string>();
  const holds: Hold[] = [];
  for (const side of sides) {
    const open = side.deletes.filter((op) => !isApproved(op, approved, facts.base));
    const caught = isMass({ ...side, deletes: open }, plan, facts) ? open : alreadyHeld(open, facts.holds);
    if (caught.length === 0) continue;
    holds.push(holdFor(side.kind, caught, facts.base));
    for (const op of caught) held.add(op.opId);
  }
  const all = [...sides[0].deletes, ...sides[1].deletes];
  const unsettled = all.filter((op) => !held.has(op.opId) && op.sinceMs + DELETE_SETTLE_MS > facts.observedFromMs);
  const waiting = withDependents(plan, held);
  const dropped = withDependents(plan, new Set([...waiting, ...unsettled.map((op) => op.opId)]));
  return {
    plan: without(plan, dropped),
    holds,
    postponedUntilMs: unsettled.length === 0 ? null : settledAt(unsettled),
    heldOps: waiting.size,
    approvedOps: new Set(all.filter((op) => isApproved(op, approved, facts.base)).map((op) => op.opId)),
  };
}

function deletesOf(ops: readonly (CloudOp | LocalOp)[]): readonly Delete[] {
  return ops.filter((op) => op.op === 'cloudTrash' || op.op === 'localTrash');
}

function idsOf(holds: readonly StoredHold[]): ReadonlySet<BaseId> {
  return new Set(holds.flatMap((hold) => hold.ids));
}

/** Consent covers the files of a delete; folders around them hold nothing else and go along. */
function isApproved(op: Delete, approved: ReadonlySet<BaseId>, base: BaseView): boolean {
  if (approved.size === 0) return false;
  return (
    op.ids.every((id) => approved.has(id) || base.get(id)?.kind === 'folder') && op.ids.some((id) => approved.has(id))
  );
}

function isMass(side: Side, plan: Plan, facts: GuardFacts): boolean {
  const { base, deletedRecently } = facts;
  const planned = countFiles(side.deletes, base);
  if (side.deletes.length === 0) return false;
  const files = planned + deletedRecently;
  const share = MASS_DELETE_SHARE * (base.fileCount() + deletedRecently);
  if (planned > 0 && (files > MASS_DELETE_FILES || (files >= MASS_DELETE_LEAST_FILES && files > share))) return true;
  return isRootEmptied(side, plan, base);
}

/** An emptied root is rarely meant, however few it held: a folder mounted elsewhere or shown empty looks just like it. */
function isRootEmptied(side: Side, plan: Plan, base: BaseView): boolean {
  const gone = new Set(side.deletes.flatMap((op) => op.ids));
  const children = base.children(ROOT_ID).filter((row) => row.state === 'managed');
  if (children.length < 2 || !children.every((row) => gone.has(row.id))) return false;
  const arrivals: readonly (CloudOp | LocalOp)[] = side.kind === 'mass_delete_cloud' ? plan.cloud : plan.local;
  return !arrivals.some((op) => parentOf(op) === ROOT_ID);
}

function parentOf(op: CloudOp | LocalOp): BaseId | null {
  if ('parent' in op) return op.parent;
  return op.op === 'cloudUpload' && op.target.t === 'create' ? op.target.parent : null;
}

/** What waits for an answer goes on waiting for it, also when time or other changes made the mass smaller. */
function alreadyHeld(deletes: readonly Delete[], holds: readonly StoredHold[]): readonly Delete[] {
  const waiting = idsOf(holds.filter((hold) => hold.answer === null));
  return waiting.size === 0 ? [] : deletes.filter((op) => op.ids.some((id) => waiting.has(id)));
}

function holdFor(kind: Hold['kind'], deletes: readonly Delete[], base: BaseView): Hold {
  return { kind, ids: deletes.flatMap((op) => op.ids), files: countFiles(deletes, base) };
}

function countFiles(deletes: readonly Delete[], base: BaseView): number {
  let files = 0;
  for (const op of deletes) for (const id of op.ids) if (base.get(id)?.kind === 'file') files += 1;
  return files;
}

/** The operations themselves and whatever in the plan cannot run without them. */
function withDependents(plan: Plan, opIds: ReadonlySet<string>): ReadonlySet<string> {
  const dropped = new Set(opIds);
  if (dropped.size === 0) return dropped;
  for (const ops of [plan.cloud, plan.local]) {
    // One pass is enough in most plans: an operation comes after what it needs. A group stands or falls as one.
    for (let before = -1; before !== dropped.size;) {
      before = dropped.size;
      const caught = ops.filter((op) => dropped.has(op.opId) || op.after?.some((opId) => dropped.has(opId)));
      for (const op of caught) dropGroup(op, ops, dropped);
    }
  }
  return dropped;
}

function dropGroup(op: CloudOp | LocalOp, ops: readonly (CloudOp | LocalOp)[], dropped: Set<string>): void {
  dropped.add(op.opId);
  if (op.atomicGroup === undefined) return;
  for (const other of ops) if (other.atomicGroup === op.atomicGroup) dropped.add(other.opId);
}

function without(plan: Plan, dropped: ReadonlySet<string>): Plan {
  if (dropped.size === 0) return plan;
  return {
    ...plan,
    cloud: plan.cloud.filter((op) => !dropped.has(op.opId)),
    local: plan.local.filter((op) => !dropped.has(op.opId)),
  };
}

function settledAt(deletes: readonly Delete[]): number {
  return deletes.reduce((soonest, op) => Math.min(soonest, op.sinceMs + DELETE_SETTLE_MS), Infinity);
}
