import type { Decision, Plan, PlanProblem } from '../model/plan.ts';
import type { SyncPolicy } from '../model/policy.ts';
import { ROOT_ID, type LocalKey, type ThreeTrees } from '../model/tree.ts';
import { toCloudName } from '../naming/name-rules.ts';
import { makePlan } from '../plan/plan.ts';
import type { PlanIds } from '../plan/plan-ids.ts';
import { Clashes } from './clashes.ts';
import { goneFromCloud, type GoneFromCloud } from './gone-from-cloud.ts';
import { keepWhatHoldsForeign } from './keep-foreign.ts';
import { keepWhatHoldsLeftOut } from './keep-left-out.ts';
import { leaveTooLong } from './long-paths.ts';
import { makeTree } from './make-tree.ts';
import { mergeBoth } from './merge-both.ts';
import { UploadMerge } from './merge-upload.ts';
import { pairUp } from './pair-up.ts';
import { keepWhatMovedFoldersHold } from './moved-folders.ts';
import { SYNC_RULES } from './rules.ts';
import { isNewLocal, Scene } from './scene.ts';
import type { Entity } from './scene-types.ts';
import { TargetTree } from './target.ts';

/**
 * The engine's one decision: from three trees to the operations that bring both sides to one target tree. Pure: the same trees and
 * policy give the same plan, whatever the order of the overlays' entries. Costs as much as what changed.
 */
export function decide(trees: ThreeTrees, policy: SyncPolicy, ids: PlanIds): Plan {
  if (trees.local.size + trees.cloud.size === 0) return NOTHING_TO_DO;
  const tree = merge(trees, policy);
  const unnameable = leaveUnnameable(tree);
  if (policy.mode === 'bidirectional') makeTree(tree, policy);
  const clashes = new Clashes(tree, policy);
  clashes.resolve();
  const problems = [...unnameable, ...leaveTooLong(tree, policy)];
  const planned = makePlan(tree, { policy, ids, names: clashes });
  return { ...planned, problems, decisions: decisionsOf(tree) };
}

const NOTHING_TO_DO: Plan = { base: [], local: [], cloud: [], more: false, waits: false, problems: [], decisions: [] };

function merge(trees: ThreeTrees, policy: SyncPolicy): TargetTree {
  const gone = goneFromCloud(trees);
  const scene = new Scene(trees, gone.ids);
  const keys = [...trees.local.keys()].sort((a, b) => a - b);
  pairUp(scene, policy, { gone, keys });
  const tree = new TargetTree(scene);
  const touched = touchedEntities(scene, keys, gone);
  if (policy.mode === 'upload') {
    const upload = new UploadMerge(tree, policy);
    for (const entity of touched) upload.decide(entity);
    keepWhatHoldsForeign(tree, policy);
  } else {
    for (const entity of touched) tree.set(entity, mergeBoth(scene.facts(entity), policy));
    keepWhatMovedFoldersHold(tree, policy);
    keepWhatHoldsLeftOut(tree, policy);
  }
  return tree;
}

/** What the overlays mention, and what went with folders that are gone from the cloud. In an order that depends on ids alone. */
function touchedEntities(scene: Scene, keys: readonly LocalKey[], gone: GoneFromCloud): readonly Entity[] {
  const touched = new Set<Entity>();
  for (const key of keys) if (key !== ROOT_ID) touched.add(key);
  for (const id of [...gone.rows].sort((a, b) => a - b)) touched.add(id);
  for (const cloudId of [...scene.trees.cloud.keys()].sort()) {
    const entity = scene.entityOf(cloudId);
    if (entity !== ROOT_ID && entity !== 0) touched.add(entity);
  }
  return [...touched];
}

/** SY-19: a new name that the cloud cannot hold is told and left alone. */
function leaveUnnameable(tree: TargetTree): PlanProblem[] {
  const problems: PlanProblem[] = [];
  for (const entity of tree.entities()) {
    const target = tree.get(entity);
    const { local, row } = tree.scene.facts(entity);
    if (target.t !== 'kept' || local.t !== 'present' || row?.localName === local.name) continue;
    if (target.localName !== local.name || toCloudName(local.name) !== null) continue;
    tree.set(entity, { t: 'frozen', rule: 'SY-19' });
    const cloudId = tree.scene.cloudIdOf(entity);
    problems.push({ key: entity, cloudId, code: 'NAME_UNSUPPORTED', params: { name: local.name } });
  }
  return problems;
}

function decisionsOf(tree: TargetTree): Decision[] {
  return tree.entities().map((entity) => {
    const { rule } = tree.get(entity);
    const isHere = entity > 0 || isNewLocal(entity);
    return { id: isHere ? entity : 0, cloudId: tree.scene.cloudIdOf(entity), rule, note: SYNC_RULES[rule] };
  });
}
