import type { CloudOp, Hold, LocalOp, Plan } from '../model/plan.ts';
import { ROOT_ID, type BaseId, type BaseView, type CloudId } from '../model/tree.ts';
import type { Deed, DeedKind } from '../ports/journal.ts';
import { MASS_WINDOW_MS, type GuardFacts } from './guard-facts.ts';
import { countFiles, holdSet, type HoldSet } from './hold-set.ts';

export const MASS_DELETE_FILES = 200;
export const MASS_DELETE_SHARE = 0.2;
export const MASS_DELETE_LEAST_FILES = 20;

export type Delete = Extract<CloudOp | LocalOp, { op: 'cloudTrash' | 'localTrash' }>;
type DeleteKind = 'mass_delete_cloud' | 'mass_delete_local';
type Side = { readonly kind: DeleteKind; readonly deletes: readonly Delete[] };

export type DeleteVerdict = {
  readonly held: readonly Delete[];
  /** What waits for an answer, if anything does. */
  readonly hold: Hold | null;
  readonly approved: readonly Delete[];
};

const DEED_OF: Readonly<Record<DeleteKind, DeedKind>> = {
  mass_delete_cloud: 'trashedInCloud',
  mass_delete_local: 'trashedHere',
};

export function deletesOf(ops: readonly (CloudOp | LocalOp)[]): readonly Delete[] {
  return ops.filter((op) => op.op === 'cloudTrash' || op.op === 'localTrash');
}

/** GU-1: the deletes of one side that wait for a person, and those a person agreed to. */
export function judgeDeletes(side: Side, plan: Plan, facts: GuardFacts): DeleteVerdict {
  const answers = holdSet(facts.holds, side.kind);
  const approved = new Set(side.deletes.filter((op) => isApproved(op, answers.approved, facts.base)));
  const undone = side.deletes.filter((op) => !approved.has(op) && touches(op, answers.undone));
  const settled = new Set([...approved, ...undone]);
  const open = side.deletes.filter((op) => !settled.has(op));
  const before = deedsOf(side.kind, facts);
  const isMass = isManyFiles(open, before, facts.base) || isRootEmptied({ ...side, deletes: open }, plan, facts.base);
  const caught = isMass ? open : open.filter((op) => touches(op, answers.waiting));
  const gone = isMass ? before.flatMap((deed) => deed.nodes) : [];
  const hold = holdFor(side.kind, { caught, gone, answers }, facts.base);
  return { held: [...undone, ...caught], hold, approved: [...approved] };
}

function deedsOf(kind: DeleteKind, { deeds, nowMs }: GuardFacts): readonly Deed[] {
  return deeds.filter((deed) => deed.kind === DEED_OF[kind] && deed.atMs >= nowMs - MASS_WINDOW_MS);
}

function holdFor(
  kind: DeleteKind,
  { caught, gone, answers }: { caught: readonly Delete[]; gone: readonly CloudId[]; answers: HoldSet },
  base: BaseView,
): Hold | null {
  if (caught.length === 0) return null;
  const ids = caught.flatMap((op) => op.ids);
  const all = [...new Set([...(answers.open?.gone ?? []), ...gone])];
  return { kind, ids, files: countFiles(ids, base), ...(all.length === 0 ? {} : { gone: all }) };
}

function touches(op: Delete, ids: ReadonlySet<BaseId>): boolean {
  return ids.size > 0 && op.ids.some((id) => ids.has(id));
}

/** Consent covers the files of a delete; folders around them hold nothing else and go along. */
function isApproved(op: Delete, approved: ReadonlySet<BaseId>, base: BaseView): boolean {
  if (!touches(op, approved)) return false;
  return op.ids.every((id) => approved.has(id) || base.get(id)?.kind === 'folder');
}

function isManyFiles(deletes: readonly Delete[], before: readonly Deed[], base: BaseView): boolean {
  let planned = 0;
  for (const op of deletes) planned += countFiles(op.ids, base);
  if (planned === 0) return false;
  const recently = before.reduce((sum, deed) => sum + deed.files, 0);
  const files = planned + recently;
  const share = MASS_DELETE_SHARE * (base.fileCount() + recently);
  return files > MASS_DELETE_FILES || (files >= MASS_DELETE_LEAST_FILES && files > share);
}

/**
 * An emptied root is rarely meant, however few it held: a folder mounted elsewhere or shown empty looks just like it. Everything in one
 * folder is as much as everything side by side; a task of one file alone loses it like any file.
 */
function isRootEmptied(side: Side, plan: Plan, base: BaseView): boolean {
  if (side.deletes.length === 0) return false;
  const gone = new Set(side.deletes.flatMap((op) => op.ids));
  const children = base.children(ROOT_ID).filter((row) => row.state === 'managed');
  if (children.length === 0 || !children.every((row) => gone.has(row.id))) return false;
  if (children.length === 1 && countFiles(gone, base) < 2) return false;
  const arrivals: readonly (CloudOp | LocalOp)[] = side.kind === 'mass_delete_cloud' ? plan.cloud : plan.local;
  return !arrivals.some((op) => parentOf(op) === ROOT_ID);
}

function parentOf(op: CloudOp | LocalOp): BaseId | null {
  if ('parent' in op) return op.parent;
  return op.op === 'cloudUpload' && op.target.t === 'create' ? op.target.parent : null;
}
