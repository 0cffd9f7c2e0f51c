import type { ProblemCode } from '@tideline/contracts';
import type { RelativePath } from '../ports/disk.ts';
import type { NewProblem, StoredProblem } from '../ports/journal.ts';
import type { DirtyPaths } from '../ports/scanner.ts';
import type { CycleDeps } from './cycle-types.ts';
import { folderOf } from './folder-of.ts';

const FIRST_RETRY_MS = 5000;
const LONGEST_RETRY_MS = 6 * 60 * 60 * 1000;
/** Room may come back any time, and asking for it costs little; asking the own disk costs nothing. */
const LONGEST_FOR: Partial<Record<ProblemCode, number>> = {
  QUOTA: 5 * 60 * 1000,
  DISK_FULL: 60 * 1000,
  DISK_READ_ONLY: 60 * 1000,
};
/** Waits are up to this share shorter, so that devices that failed together do not come back in step. */
const JITTER = 0.25;
/** What is due within this share of its wait is tried together with what is due now: each by itself would cost a cycle. */
const TOGETHER = 1 / 3;

/**
 * Codes of the problems whose time has come and that were not tried since: what wants nothing any more stays on record until
 * the next full scan. What a decision noted has no time.
 */
function codesDue(problems: readonly StoredProblem[], nowMs: number): Set<ProblemCode> {
  const timed = problems.filter(({ source, retryAtMs, lastSeenMs }) => source === 'cycle' && retryAtMs > lastSeenMs);
  const lastTriedMs = timed.reduce((latest, { lastSeenMs }) => Math.max(latest, lastSeenMs), 0);
  const due = timed.filter(({ retryAtMs }) => retryAtMs <= nowMs && retryAtMs > lastTriedMs);
  return new Set(due.map(({ code }) => code));
}

/**
 * What may help against problems that wait. `hinted`: where something happened on the disk that was not our work. `dueCode`: what
 * that keeps waiting waits no longer.
 */
export type News = { readonly hinted: DirtyPaths | null; readonly dueCode: ProblemCode | null };

/** Problems of one plan: known at its begin, noted while it runs, and written together, however many they are. */
export class ProblemBook {
  readonly #deps: Pick<CycleDeps, 'journal' | 'clock' | 'chance'>;
  readonly #known: ReadonlyMap<RelativePath, StoredProblem>;
  readonly #noted = new Map<RelativePath, NewProblem | null>();
  readonly #due: Set<ProblemCode>;
  /** One for all: they are to come back together. */
  readonly #haste: number;

  readonly #hinted: DirtyPaths | null;

  constructor(deps: Pick<CycleDeps, 'journal' | 'clock' | 'chance'>, { hinted, dueCode }: News) {
    this.#deps = deps;
    this.#hinted = hinted;
    const problems = deps.journal.problems();
    this.#known = new Map(problems.map((problem) => [problem.path, problem]));
    this.#due = codesDue(problems, deps.clock.nowMs());
    if (dueCode !== null) this.#due.add(dueCode);
    this.#haste = 1 - JITTER * (deps.chance?.next() ?? 0);
  }

  /** Whether anything had a problem when the plan began. */
  get isOpen(): boolean {
    return this.#known.size > 0;
  }

  /** G26: each time it fails, a node waits three times as long. */
  fail(path: RelativePath, code: ProblemCode, params: StoredProblem['params']): void {
    const attempts = this.#known.get(path)?.attempts ?? 0;
    const spanMs = Math.min(LONGEST_FOR[code] ?? LONGEST_RETRY_MS, FIRST_RETRY_MS * 3 ** attempts);
    this.#noted.set(path, { code, params, retryAtMs: this.#deps.clock.nowMs() + spanMs * this.#haste });
  }

  succeed(path: RelativePath): void {
    if (this.#known.has(path) || this.#noted.has(path)) this.#noted.set(path, null);
  }

  /**
   * A node that failed waits, unless it changed since. Times ahead of the clock are from before it was put back: a problem of then
   * keeps nobody waiting, and a change of then is none since a problem of now.
   */
  isDeferred(path: RelativePath, changedAtMs: number): boolean {
    const problem = this.#known.get(path);
    const nowMs = this.#deps.clock.nowMs();
    if (!problem || problem.source === 'scan' || problem.lastSeenMs > nowMs) return false;
    if (problem.retryAtMs <= nowMs || (changedAtMs > problem.lastSeenMs && changedAtMs <= nowMs)) return false;
    return !this.#goesAlong(problem, nowMs) && !this.#mayBeFree(problem);
  }

  /** What is in the way of a file is in no tree, so nobody is told when it goes; only that something happened there. */
  #mayBeFree({ code, path }: StoredProblem): boolean {
    if (code !== 'IN_THE_WAY' || this.#hinted === null) return false;
    if (this.#hinted === 'all' || this.#hinted.has(folderOf(path)) || this.#hinted.has(path)) return true;
    return [...this.#hinted].some((folder) => folder.startsWith(`${path}/`));
  }

  /** One wall stands before all that ran into it: what is tried for one is tried for all. */
  #goesAlong({ code, retryAtMs, lastSeenMs }: StoredProblem, nowMs: number): boolean {
    if (this.#due.has(code) && code in LONGEST_FOR) return true;
    return this.#due.size > 0 && retryAtMs - nowMs <= (retryAtMs - lastSeenMs) * TOGETHER;
  }

  /** Whether a scan found something there that it could not read. What is not UTF-8 is told by another name than it has. */
  isUnread(path: RelativePath): boolean {
    const problem = this.#known.get(path);
    return problem?.source === 'scan' && problem.code !== 'NAME_UNSUPPORTED';
  }

  flush(): void {
    if (this.#noted.size === 0) return;
    const changes = [...this.#noted].map(([path, problem]) => ({ path, problem }));
    this.#noted.clear();
    this.#deps.journal.setProblems(changes, this.#deps.clock.nowMs());
  }
}
