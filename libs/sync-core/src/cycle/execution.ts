import type { BlockReason, ProblemCode } from '@tideline/contracts';
import {
  ROOT_ID,
  type BaseId,
  type BaseNode,
  type CloudOverlay,
  type LocalKey,
  type LocalNode,
  type LocalOverlay,
} from '../model/tree.ts';
import type { RelativePath } from '../ports/disk.ts';
import type { Advance } from '../ports/journal.ts';
import type { CycleDeps, CycleRequest } from './cycle-types.ts';
import { createLiveTree, type LiveTree } from './live-tree.ts';

const FIRST_RETRY_MS = 5000;
const LONGEST_RETRY_MS = 6 * 60 * 60 * 1000;

/** State of carrying out one plan. Counts only; what was done is in the journal. */
export type Execution = {
  readonly deps: CycleDeps;
  readonly request: CycleRequest;
  readonly live: LiveTree;
  /** What the decision rested on. */
  readonly local: LocalOverlay;
  readonly cloud: CloudOverlay;
  /** Folders to look at again, because something there was not as planned or was made by us under a new name. */
  readonly rescan: Set<RelativePath>;
  /** Something in the cloud was not as planned. */
  refeed: boolean;
  /** The caller lost the right to the cloud folder. */
  permissionLost: boolean;
  blocked: BlockReason | null;
  /** Whether everything that must have been done before this operation has been; if not, it is over without being tried. */
  isReady(op: CloudOp | LocalOp): boolean;
  /** To be called with every operation that succeeded. */
  complete(opId: string, bytes?: number): void;
  done: number;
  doneBytes: number;
  failed: number;
  /** Put off by a failed earlier try. */
  deferred: number;
  /** Left for the next cycle because something newer waits. */
  yielded: number;
  /** What the disk holds of a node now: as scanned, or as our own operations left it. */
  localNow(key: LocalKey): LocalNode | undefined;
  /** To be called with every change we make on disk. */
  setLocal(key: LocalKey, node: LocalNode): void;
  /** For the window of GU-1; deletes a person agreed to do not count. */
  recordDeleted(opId: string, files: number): void;
  advance(step: Advance): void;
  fail(path: RelativePath, code: ProblemCode, params?: Readonly<Record<string, string | number>>): void;
  succeed(path: RelativePath): void;
  isDeferred(path: RelativePath, changedSinceMs: number): boolean;
};

export function beginExecution(
  deps: CycleDeps,
  request: CycleRequest,
  trees: { local: LocalOverlay; cloud: CloudOverlay; approvedOps?: ReadonlySet<string> },
): Execution {
  const { journal, clock } = deps;
  const live = createLiveTree(journal.base, trees.local);
  const changed = new Map<LocalKey, LocalNode>();
  const completed = new Set<string>();
  const problems = new Map(journal.problems().map((problem) => [problem.path, problem]));
  return {
    deps,
    request,
    live,
    local: trees.local,
    cloud: trees.cloud,
    rescan: new Set(),
    refeed: false,
    permissionLost: false,
    blocked: null,
    done: 0,
    doneBytes: 0,
    failed: 0,
    deferred: 0,
    yielded: 0,
    localNow(key) {
      const seen = trees.local.get(key);
      return changed.get(key) ?? (seen?.t === 'present' ? seen.node : seen ? undefined : inBase(journal.base.get(key)));
    },
    setLocal(key, node) {
      changed.set(key, node);
      live.put(key, node);
    },
    recordDeleted(opId, files) {
      if (files > 0 && !trees.approvedOps?.has(opId)) journal.recordDeleted(files, clock.nowMs());
    },
    isReady(op) {
      const ready = (op.after ?? []).every((opId) => completed.has(opId));
      if (!ready) journal.advance({ finished: [op.opId] });
      return ready;
    },
    complete(opId, bytes = 0) {
      completed.add(opId);
      this.done += 1;
      this.doneBytes += bytes;
    },
    advance(step) {
      journal.advance(step);
    },
    fail(path, code, params = {}) {
      this.failed += 1;
      const nowMs = clock.nowMs();
      const attempts = problems.get(path)?.attempts ?? 0;
      const waitMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 3 ** attempts);
      journal.setProblem(path, { code, params, retryAtMs: nowMs + waitMs }, nowMs);
    },
    succeed(path) {
      if (problems.has(path)) journal.setProblem(path, null, clock.nowMs());
    },
    isDeferred(path, changedSinceMs) {
      const problem = problems.get(path);
      return problem !== undefined && problem.retryAtMs > clock.nowMs() && changedSinceMs <= problem.lastSeenMs;
    },
  };
}

/** The folder to scan again for a node that was not as planned. */
export function folderOf(path: RelativePath): RelativePath {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? '' : path.slice(0, slash);
}

export function noteRescan(execution: Execution, key: LocalKey | BaseId): void {
  const path = key === ROOT_ID ? '' : execution.live.pathOf(key);
  execution.rescan.add(path === undefined ? '' : folderOf(path));
}

function inBase(row: BaseNode | undefined): LocalNode | undefined {
  if (!row?.sig) return undefined;
  const content = row.contentId === null ? null : { contentId: row.contentId, size: row.size ?? 0 };
  return { parent: row.parent, name: row.localName, kind: row.kind, sig: row.sig, content, meta: row.meta };
}
