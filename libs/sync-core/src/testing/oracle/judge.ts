import { chanceOf } from '../generators.ts';
import { differenceBoth, differenceUpload } from './compare.ts';
import { forgotten } from './meet.ts';
import { runWorld, type Setting } from './run-world.ts';
import { outcomesBoth } from './table-both.ts';
import { outcomeUpload } from './table-upload.ts';
import { tell, treesOf, type WorldCase } from './worlds.ts';

/** Lets the engine run in a world, and answers how what came of it differs from the tables; null when it does not. */
export function judge(world: WorldCase, setting: Setting): string | null {
  try {
    const { base, here, there } = world;
    const chance = chanceOf(world.index);
    const ended = runWorld({ base, here: here.deeds, there: there.deeds }, { ...setting, chance });
    const fault = setting.policy.mode === 'upload' ? judgeUpload : judgeBoth;
    const difference = fault(world, setting, ended);
    return difference === null ? null : `${tell(world)}\n  ${difference}`;
  } catch (error) {
    return `${tell(world)}\n  ${error instanceof Error ? error.message : String(error)}`;
  }
}

type Ended = ReturnType<typeof runWorld>;

function judgeBoth(world: WorldCase, { policy, stage = 'later' }: Setting, ended: Ended): string | null {
  const { conflict = 'copy' } = policy;
  const recovery = stage === 'lost' || stage === 'restored';
  const outcomes = outcomesBoth(asKnown(world, stage), { conflict, firstSync: stage === 'first', recovery });
  return differenceBoth(ended, outcomes);
}

function judgeUpload(world: WorldCase, { policy, stage = 'later' }: Setting, ended: Ended): string | null {
  const deletes = policy.propagateDeletes === true && stage === 'later';
  return differenceUpload(ended, outcomeUpload(asKnown(world, stage), { deletes }));
}

function asKnown(world: WorldCase, stage: Setting['stage']): ReturnType<typeof treesOf> {
  const trees = treesOf(world);
  return stage === 'first' || stage === 'lost' ? forgotten(trees) : trees;
}
