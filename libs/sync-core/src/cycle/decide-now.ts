import { applyFilter } from '../filter/apply-filter.ts';
import { compileRules } from '../filter/compile-filter.ts';
import type { Plan } from '../model/plan.ts';
import { ROOT_ID, type BaseId, type BaseView, type ThreeTrees } from '../model/tree.ts';
import type { RelativePath } from '../ports/disk.ts';
import { decide } from '../reconcile/decide.ts';
import { limitByRights } from '../rights/limit-by-rights.ts';
import { letGo } from '../safety/let-go.ts';
import { limitFiles, newFilesOf } from '../safety/limit-files.ts';
import { askKept, contestedIn } from './ask-kept.ts';
import { cyclePolicy, planIds } from './cycle-policy.ts';
import type { CycleDeps, CycleRequest, CycleSettings } from './cycle-types.ts';
import { folderOf } from './folder-of.ts';
import { createLiveTree } from './live-tree.ts';
import { mendPowerLoss, type PowerFacts } from './mend-power-loss.ts';

export type Wanted = {
  /** What was seen, and the plan rests on. */
  readonly trees: ThreeTrees;
  readonly plan: Plan;
  /** Where nodes on the disk are that base has just let go: they are new once they were looked at. Null: nothing was let go. */
  readonly unseen: 'all' | ReadonlySet<RelativePath> | null;
  /** Something was to be undone for want of a right that may have been given meanwhile: the feed is to tell first. */
  readonly asksRights: boolean;
};

/** What is to be done by the rules, within the rights and limits of the person; the guards have not spoken yet. */
export async function decideNow(
  deps: CycleDeps,
  request: CycleRequest,
  seen: ThreeTrees = seenTrees(deps),
): Promise<Wanted> {
  const { journal } = deps;
  const trees = decidableTrees(seen, request.settings);
  const wanted = await decideKnowing(deps, request, trees);
  const decided = mendPowerLoss(wanted, trees, powerFacts(deps, request.settings));
  const { mode } = request.settings;
  const allowed = limitByRights(decided, trees, { boundaries: journal.meta().rights ?? [], mode });
  const asksRights = allowed.letGo.length > 0 && !request.pullFeed;
  const unseen = allowed.letGo.length === 0 || asksRights ? null : placesOf(allowed.letGo, trees);
  const plan = withinFiles(allowed.plan, trees.base, request.settings);
  if (unseen) journal.advance(letGo({ base: journal.base, cloud: journal.cloudOverlay() }, allowed.letGo));
  return { trees, plan, unseen, asksRights };
}

/** FI-4: in recovery the drive is asked which of the contents that differ are older versions, before any is kept twice. */
async function decideKnowing(deps: CycleDeps, request: CycleRequest, trees: ThreeTrees): Promise<Plan> {
  const policy = cyclePolicy(deps, request);
  const first = decide(trees, policy, planIds(deps));
  const isKept = policy.recovery ? await askKept(deps.cloud, contestedIn(first, trees)) : null;
  return isKept ? decide(trees, { ...policy, isKept }, planIds(deps)) : first;
}

/** LI-2, for all tasks that share the room together. */
function withinFiles(plan: Plan, base: BaseView, { maxFiles, claimFiles }: CycleSettings): Plan {
  const held = base.fileCount();
  const wanted = newFilesOf(plan, base);
  const room = claimFiles ? claimFiles({ held, wanted }) : maxFiles - held;
  return wanted <= room ? plan : limitFiles(plan, base, held + room);
}

/** In upload mode nothing is ever written on the disk. */
function powerFacts({ hashes }: CycleDeps, { mode, bootedAtMs }: CycleSettings): PowerFacts {
  return { bootedAtMs: mode === 'upload' ? null : (bootedAtMs ?? null), sha256Hex: (text) => hashes.sha256Hex(text) };
}

function seenTrees({ journal }: CycleDeps): ThreeTrees {
  const { seq: cloudSeq } = journal.meta();
  return { base: journal.base, local: journal.localOverlay(), cloud: journal.cloudOverlay(), cloudSeq };
}

/** What the filters let be decided about. */
function decidableTrees(seen: ThreeTrees, { exclude, rules = [], mode, names }: CycleSettings): ThreeTrees {
  return applyFilter(seen, compileRules([{ exclude }, ...rules], { caseSensitive: names.caseSensitive }), mode);
}

/** Folders that hold files let go. A folder on the disk takes along what was seen in it: everything is looked at again. */
function placesOf(ids: readonly BaseId[], { base, local }: ThreeTrees): 'all' | ReadonlySet<RelativePath> {
  const live = createLiveTree(base, local);
  const folders = new Set<RelativePath>();
  for (const id of ids) {
    const path = id === ROOT_ID ? undefined : live.pathOf(id);
    if (path === undefined) continue;
    if (base.get(id)?.kind === 'folder') return 'all';
    folders.add(folderOf(path));
  }
  return folders;
}
