import type { Plan } from '../model/plan.ts';
import type { StatSig, ThreeTrees } from '../model/tree.ts';
import type { RelativePath } from '../ports/disk.ts';
import {
  judgeSample,
  looksEncrypted,
  newCommonExtension,
  SAMPLE_BYTES,
  type SampleVerdict,
} from '../safety/entropy.ts';
import type { GuardFacts } from '../safety/guard-facts.ts';
import { suspects, type Rewrite } from '../safety/mass-change.ts';
import type { CycleDeps } from './cycle-types.ts';
import { createLiveTree } from './live-tree.ts';

/** Enough to know what most of them are; at most 4 MiB are read. */
const MAX_SAMPLES = 64;

/** GU-2: whether the files rewritten lately look encrypted. Where few were rewritten nothing is read. */
export async function sampleChanges(
  deps: CycleDeps,
  plan: Plan,
  of: { trees: ThreeTrees; facts: GuardFacts },
): Promise<boolean> {
  const { trees, facts } = of;
  const rewritten = suspects(plan, facts);
  if (rewritten.length === 0) return false;
  if (newCommonExtension(rewritten.flatMap((op) => namesOf(op, trees))) !== null) return true;
  const live = createLiveTree(trees.base, trees.local);
  const verdicts: SampleVerdict[] = [];
  for (const op of spread(rewritten)) {
    const path = live.pathOf(op.key);
    if (path !== undefined) verdicts.push(await sample(path, op.expect, deps));
  }
  return looksEncrypted(verdicts);
}

function namesOf({ id, key }: Rewrite, { base, local }: ThreeTrees): { before: string; now: string }[] {
  const before = base.get(id)?.localName;
  const seen = local.get(key);
  if (before === undefined) return [];
  return [{ before, now: seen?.t === 'present' ? seen.node.name : before }];
}

/** Evenly over all of them, so that one folder of photos does not speak for the rest. */
function spread(ops: readonly Rewrite[]): readonly Rewrite[] {
  const step = Math.max(1, ops.length / MAX_SAMPLES);
  const chosen: Rewrite[] = [];
  for (let at = 0; at < ops.length; at += step) chosen.push(...ops.slice(Math.floor(at), Math.floor(at) + 1));
  return chosen;
}

export async function sample(path: RelativePath, expect: StatSig, { disk }: CycleDeps): Promise<SampleVerdict> {
  const size = Math.min(SAMPLE_BYTES, expect.size);
  const read = await disk.readChunk(path, expect, { offset: 0, chunk: { size } });
  return read.t === 'done' ? judgeSample(read.bytes) : 'unclear';
}
