import type { Atom, SyncMode } from '@tideline/contracts';
import type { BaseOp, CloudOp, LocalOp, Plan, PlanProblem } from '../model/plan.ts';
import type { BaseId, BaseView, ThreeTrees } from '../model/tree.ts';
import { withAllBelow } from '../safety/let-go.ts';
import { withDependents, without } from '../safety/plan-parts.ts';
import { cloudFromRow } from '../reconcile/scene.ts';
import { RightsMap, type Boundary } from './rights-map.ts';

export type AllowedPlan = {
  readonly plan: Plan;
  /**
   * Nodes whose change here must not reach the cloud: base forgets them, and what is in the cloud comes back as new. Decide again
   * after that; the plan has no operation that rests on them, or on what base has below them.
   */
  readonly letGo: readonly BaseId[];
};

type Scope = { readonly trees: ThreeTrees; readonly rights: RightsMap; readonly mode: SyncMode };
type Verdict =
  | { readonly t: 'allowed' }
  /** Both sides stay as they are, and that is said. */
  | { readonly t: 'refused'; readonly needs: Atom }
  | { readonly t: 'letGo'; readonly ids: readonly BaseId[] }
  | { readonly t: 'instead'; readonly ops: { readonly local?: LocalOp; readonly base?: readonly BaseOp[] } };

const ALLOWED: Verdict = { t: 'allowed' };
const SEEING: readonly Atom[] = ['visible', 'list', 'preview', 'download'];
const NEEDED: readonly Atom[] = ['create', 'update', 'move', 'delete', ...SEEING];

/**
 * Takes out of a plan what the person may not do in the cloud (G14–G18, O17). The server decides in the end; this only spares
 * refusals and says what becomes of changes made here: edits, moves and deletes are undone, with the bytes kept as files of
 * their own; new files stay here alone.
 */
export function limitByRights(
  plan: Plan,
  trees: ThreeTrees,
  { boundaries, mode }: { boundaries: readonly Boundary[]; mode: SyncMode },
): AllowedPlan {
  if (boundaries.every(({ atoms }) => NEEDED.every((atom) => atoms.includes(atom)))) return { plan, letGo: [] };
  const scope = { trees, mode, rights: new RightsMap(trees, boundaries, plan.cloud) };
  const found = new Findings();
  for (const op of plan.cloud) found.add(op, judgeCloud(op, scope));
  for (const op of plan.local) found.add(op, judgeLocal(op, scope));
  return found.apply(plan, trees.base);
}

class Findings {
  readonly #dropped = new Set<string>();
  readonly #letGo = new Set<BaseId>();
  readonly #problems: PlanProblem[] = [];
  readonly #local: LocalOp[] = [];
  readonly #base: BaseOp[] = [];

  add(op: CloudOp | LocalOp, verdict: Verdict): void {
    if (verdict.t === 'allowed') return;
    this.#dropped.add(op.opId);
    if (verdict.t === 'letGo') for (const id of verdict.ids) this.#letGo.add(id);
    if (verdict.t === 'refused') this.#problems.push(problemOf(op, verdict.needs));
    if (verdict.t !== 'instead') return;
    if (verdict.ops.local) this.#local.push(verdict.ops.local);
    this.#base.push(...(verdict.ops.base ?? []));
  }

  apply(plan: Plan, base: BaseView): AllowedPlan {
    const gone = new Set(withAllBelow(base, this.#letGo).map(({ id }) => id));
    const touching = [...plan.cloud, ...plan.local].filter((op) => touches(op, gone)).map((op) => op.opId);
    const left = without(plan, withDependents(plan, new Set([...this.#dropped, ...touching])));
    return {
      plan: {
        ...left,
        base: [...left.base, ...this.#base].filter((op) => !restsOn(op, gone)),
        local: [...left.local, ...this.#local.filter((op) => !touches(op, gone))],
        problems: [...left.problems, ...this.#problems],
      },
      letGo: [...this.#letGo],
    };
  }
}

function touches(op: CloudOp | LocalOp, gone: ReadonlySet<BaseId>): boolean {
  if (gone.size === 0) return false;
  const parent = op.op === 'cloudUpload' && op.target.t === 'create' ? op.target : op;
  const ids = 'ids' in op ? op.ids : 'id' in op ? [op.id] : [];
  return ids.some((id) => gone.has(id)) || ('parent' in parent && gone.has(parent.parent));
}

function restsOn(op: BaseOp, gone: ReadonlySet<BaseId>): boolean {
  if (op.op === 'forget') return gone.has(op.id);
  return gone.has(op.row.id) || gone.has(op.row.parent);
}

function problemOf(op: CloudOp | LocalOp, needs: Atom): PlanProblem {
  const cloudId = 'cloud' in op ? op.cloud.id : 'cloudId' in op ? op.cloudId : null;
  return { key: 'key' in op ? op.key : null, cloudId, code: 'RIGHT_MISSING', params: { needs } };
}

function judgeLocal(op: LocalOp, { rights }: Scope): Verdict {
  if (op.op !== 'localDownload' || rights.allows(op.cloud.id, 'download')) return ALLOWED;
  return { t: 'refused', needs: 'download' };
}

function judgeCloud(op: CloudOp, scope: Scope): Verdict {
  switch (op.op) {
    case 'cloudCreateFolder':
      return judgeCreate(op, op.parentCloudId, scope);
    case 'cloudUpload':
      return op.target.t === 'create' ? judgeCreate(op, op.target.parentCloudId, scope) : judgeUpdate(op, scope);
    case 'cloudSetMeta':
      return judgeMeta(op, scope);
    case 'cloudMove':
      return judgeMove(op, scope);
    case 'cloudTrash':
      return judgeTrash(op, scope);
  }
}

/**
 * What base knows, and the cloud does not have any more, is forgotten: it is a file or folder of this device alone from then on,
 * and nothing takes its absence in the cloud for a delete (FI-4). Upload mode deletes nothing here anyway.
 */
function judgeCreate({ id }: CloudOp, parentCloudId: string, { rights, mode, trees }: Scope): Verdict {
  if (rights.allows(parentCloudId, 'create')) return ALLOWED;
  const isKnown = mode === 'bidirectional' && trees.base.get(id) !== undefined;
  return isKnown ? { t: 'letGo', ids: [id] } : { t: 'refused', needs: 'create' };
}

/** G15: what is in the cloud comes back; the edit becomes a conflict copy, as for any two contents without a common past. */
function judgeUpdate({ id, cloudId }: CloudOp, { rights, mode, trees }: Scope): Verdict {
  if (rights.allows(cloudId, 'update')) return ALLOWED;
  const isUndone = mode === 'bidirectional' && trees.base.get(id)?.state === 'managed';
  return isUndone ? { t: 'letGo', ids: [id] } : { t: 'refused', needs: 'update' };
}

/** A touch alone is no edit: the time of the cloud's file is set again. Upload mode leaves the disk as it is. */
function judgeMeta(op: Extract<CloudOp, { op: 'cloudSetMeta' }>, { rights, mode, trees }: Scope): Verdict {
  if (rights.allows(op.cloudId, 'update')) return ALLOWED;
  const { id, opId, sig: expect, after } = op;
  const seen = trees.cloud.get(op.cloudId);
  const row = trees.base.get(id);
  const cloud = seen?.t === 'present' ? seen.node : row && cloudFromRow(row, trees.base.get(row.parent)?.cloudId ?? '');
  if (mode === 'upload' || !cloud) return { t: 'instead', ops: {} };
  return { t: 'instead', ops: { local: { op: 'localSetMeta', opId, id, expect, cloud, ...(after ? { after } : {}) } } };
}

/**
 * G18, O17: it stays where it was in the cloud and comes back there; what was moved here is a new file or folder. So does a folder
 * with something in it that may not leave its place, and what could be read only where it was moved to (PE-6).
 */
function judgeMove(op: Extract<CloudOp, { op: 'cloudMove' }>, { rights, trees }: Scope): Verdict {
  const isRename = trees.base.get(trees.base.byCloudId(op.cloudId)?.parent ?? 0)?.cloudId === op.parentCloudId;
  const mayLeave =
    isRename ||
    (rights.allows(op.parentCloudId, 'create') && !rights.isWithoutBelow(op.cloudId, 'move') && !readsMore(op, rights));
  const isAllowed = rights.allows(op.cloudId, 'move') && mayLeave;
  if (isAllowed) return ALLOWED;
  return trees.base.get(op.id) ? { t: 'letGo', ids: [op.id] } : { t: 'refused', needs: 'move' };
}

/** A folder with rights of its own keeps them, as far as is known here: the server is asked. */
function readsMore({ cloudId, parentCloudId }: Extract<CloudOp, { op: 'cloudMove' }>, rights: RightsMap): boolean {
  if (rights.isBoundary(cloudId)) return false;
  return SEEING.some((atom) => rights.allows(parentCloudId, atom) && !rights.allows(cloudId, atom));
}

/** G16: what may not be deleted comes back, and with it the folders above it; the rest goes. Upload mode keeps the name only. */
function judgeTrash(op: Extract<CloudOp, { op: 'cloudTrash' }>, { rights, mode, trees }: Scope): Verdict {
  const { base } = trees;
  const kept = rights.allows(op.cloudId, 'delete')
    ? op.ids.filter((id) => rights.isBoundaryWithout(base.get(id)?.cloudId ?? '', 'delete'))
    : [op.id];
  if (kept.length === 0) return ALLOWED;
  if (mode === 'bidirectional') return { t: 'letGo', ids: kept };
  const rows = op.ids.flatMap((id) => base.get(id) ?? []);
  const links = rows.map((row): BaseOp => {
    return { op: 'link', row: { ...row, state: 'detached' }, key: row.id, cloudId: row.cloudId };
  });
  return { t: 'instead', ops: { base: links } };
}
