import type { ProblemCode } from '@tideline/contracts';
import type { RelativePath } from '../ports/disk.ts';
import type { NewProblem, StoredProblem } from '../ports/journal.ts';
import type { CycleDeps } from './cycle-types.ts';

const FIRST_RETRY_MS = 5000;
const LONGEST_RETRY_MS = 6 * 60 * 60 * 1000;
/** Room may come back any time, and asking for it costs little; asking the own disk costs nothing. */
const LONGEST_FOR: Partial<Record<ProblemCode, number>> = {
  QUOTA: 5 * 60 * 1000,
  DISK_FULL: 60 * 1000,
  DISK_READ_ONLY: 60 * 1000,
};
/** Waits are up to this share shorter, so that what failed together does not come back in step. */
const JITTER = 0.25;

/** Problems of one plan: known at its begin, noted while it runs, and written together, however many they are. */
export class ProblemBook {
  readonly #deps: Pick<CycleDeps, 'journal' | 'clock' | 'chance'>;
  readonly #known: ReadonlyMap<RelativePath, StoredProblem>;
  readonly #dueCode: ProblemCode | undefined;
  readonly #noted = new Map<RelativePath, NewProblem | null>();

  /** `dueCode`: what that keeps waiting waits no longer. */
  constructor(deps: Pick<CycleDeps, 'journal' | 'clock' | 'chance'>, dueCode?: ProblemCode) {
    this.#deps = deps;
    this.#dueCode = dueCode;
    this.#known = new Map(deps.journal.problems().map((problem) => [problem.path, problem]));
  }

  /** G26: each time it fails, a node waits three times as long. */
  fail(path: RelativePath, code: ProblemCode, params: StoredProblem['params']): void {
    const attempts = this.#known.get(path)?.attempts ?? 0;
    const spanMs = Math.min(LONGEST_FOR[code] ?? LONGEST_RETRY_MS, FIRST_RETRY_MS * 3 ** attempts);
    const waitMs = spanMs * (1 - JITTER * (this.#deps.chance?.next() ?? 0));
    this.#noted.set(path, { code, params, retryAtMs: this.#deps.clock.nowMs() + waitMs });
  }

  succeed(path: RelativePath): void {
    if (this.#known.has(path) || this.#noted.has(path)) this.#noted.set(path, null);
  }

  /** A node that failed waits, unless it changed since. Times ahead of the clock were made before it was set right. */
  isDeferred(path: RelativePath, changedAtMs: number): boolean {
    const problem = this.#known.get(path);
    const nowMs = this.#deps.clock.nowMs();
    if (!problem || problem.source === 'scan' || problem.lastSeenMs > nowMs) return false;
    return problem.code !== this.#dueCode && problem.retryAtMs > nowMs && changedAtMs <= problem.lastSeenMs;
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
