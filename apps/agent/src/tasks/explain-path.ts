import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '@tideline/contracts';
import { conflictsOf, type Journal, type StoredProblem } from '@tideline/sync-core';
import type { LeftOut, TaskFile } from '../local-api/messages.ts';
import { findStates, NOT_LOOKED_AT, type Explained, type Reasons } from './explain.ts';
import { compileFilters, findLeftOut, findLeftOutBySize } from './left-out.ts';
import { toFailed } from './list-files.ts';
import { rulesOf, type TaskRecord } from './task-record.ts';

export type ExplainFacts = {
  readonly journal: Journal;
  readonly record: Pick<TaskRecord, 'localPath' | 'settings' | 'policy' | 'mode'>;
  readonly platform: NodeJS.Platform;
};

/** TA-7: what is known of a path below a task's folder, and what keeps it from being synced. Throws NOT_FOUND when it is nowhere. */
export function explainPath(facts: ExplainFacts, path: string): { states: Explained; reasons: Reasons } {
  const { journal, record, platform } = facts;
  const states = findStates(journal, path);
  const leftOut = findWhyLeftOut({ record, platform }, path, states) ?? null;
  const problem = findProblem(journal.problems(), path, states) ?? null;
  if (states) return { states, reasons: { path, problem, leftOut, conflict: findConflict(journal, states) } };
  if (leftOut) return { states: unseen('left out'), reasons: { path, problem, leftOut } };
  const seen = problem ?? lookAt(record.localPath, path);
  return { states: unseen(seen?.code ?? NOT_LOOKED_AT), reasons: { path, problem: seen, leftOut } };
}

/** What is too large in the cloud stays away from here, too; in upload mode nothing comes from there anyway. */
function findWhyLeftOut(
  { record, platform }: Pick<ExplainFacts, 'record' | 'platform'>,
  path: string,
  states: Explained | undefined,
): LeftOut | undefined {
  const filters = compileFilters(rulesOf(record), platform);
  const here = findLeftOut(record.localPath, path, filters);
  if (here || record.mode === 'upload') return here;
  return findLeftOutBySize(filters, path, states?.cloud.size ?? 0);
}

function findConflict({ base }: Journal, { key, local }: Explained): NonNullable<Reasons['conflict']> {
  const row = key !== null && key > 0 && local.state === 'present' ? base.get(key) : undefined;
  const { original, copies } = row ? conflictsOf(row, base) : { original: null, copies: [] };
  return { original: original && original.localName, copies: copies.map((copy) => copy.localName) };
}

/** Of the path itself; and where nothing is known of it, of the nearest folder above that has one. */
function findProblem(
  problems: readonly StoredProblem[],
  path: string,
  states: Explained | undefined,
): TaskFile | undefined {
  const own = problems.find((problem) => problem.path === path);
  if (own) return toFailed(own);
  if (states && states.local.state !== 'unknown') return undefined;
  const above = problems.filter((problem) => problem.path === '' || path.startsWith(`${problem.path}/`));
  const [nearest] = above.toSorted((left, right) => right.path.length - left.path.length);
  return nearest && toFailed(nearest);
}

/** What no scan has seen: new and waiting for one (null), unreadable, or not there. */
function lookAt(root: string, path: string): TaskFile | null {
  try {
    if (lstatSync(join(root, path), { throwIfNoEntry: false })) return null;
  } catch (error) {
    // ENOTDIR: below something that is a file.
    const isGone = error instanceof Error && 'code' in error && error.code === 'ENOTDIR';
    if (!isGone) return { path, code: 'UNREADABLE' };
  }
  throw new AppError('NOT_FOUND', { what: path });
}

function unseen(why: string): Explained {
  const absent = { state: 'absent', changed: false } as const;
  return { key: null, cloudId: null, base: absent, local: { state: 'unknown', changed: false, why }, cloud: absent };
}
