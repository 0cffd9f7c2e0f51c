import { problemText } from '@tideline/contracts';
import type { BaseNode, Journal, StoredProblem } from '@tideline/sync-core';
import type { FilesAnswer, FilesQuery, FilesState, TaskFile } from '../local-api/messages.ts';
import { cloudPathOf } from './cloud-path-of.ts';
import { localPathOf } from './local-path-of.ts';
import { walkBase } from './walk-base.ts';

/** What the journal keeps; what is skipped only the disk knows. */
export type JournalQuery = FilesQuery & { readonly state: Exclude<FilesState, 'skipped'> };

/** TA-3: files of a task by state, page by page. The cursor is the last path of the page before. */
export function listFiles(journal: Journal, rootId: string, query: JournalQuery): FilesAnswer {
  switch (query.state) {
    case 'completed':
      return takePage(completed(journal, query.cursor), query.limit);
    case 'syncing':
      return takePage(after(syncing(journal, rootId), query.cursor), query.limit);
    case 'failed':
      return takePage(after(journal.problems().map(toFailed).toSorted(byPath), query.cursor), query.limit);
  }
}

function takePage(files: Iterable<TaskFile>, limit: number): FilesAnswer {
  const page: TaskFile[] = [];
  for (const file of files) {
    if (page.length === limit) return { files: page, next: page.at(-1)?.path ?? null };
    page.push(file);
  }
  return { files: page, next: null };
}

function* completed(journal: Journal, cursor: string | undefined): Generator<TaskFile> {
  const local = journal.localOverlay();
  const cloud = journal.cloudOverlay();
  const failed = new Set(journal.problems().map((problem) => problem.path));
  for (const { path, node } of walkBase(journal.base, cursor)) {
    if (node.kind === 'folder' || node.state !== 'managed') continue;
    if (local.has(node.id) || cloud.has(node.cloudId) || failed.has(path)) continue;
    yield { path, kind: node.kind, size: node.size };
  }
}

function syncing(journal: Journal, rootId: string): TaskFile[] {
  const files = new Map<string, TaskFile>();
  for (const file of [...changedHere(journal), ...changedThere(journal, rootId)]) {
    const both = files.has(file.path) ? { direction: 'both' as const } : {};
    files.set(file.path, { ...file, ...both });
  }
  const failed = new Set(journal.problems().map((problem) => problem.path));
  return [...files.values()].filter((file) => !failed.has(file.path)).toSorted(byPath);
}

function changedHere(journal: Journal): TaskFile[] {
  const { base } = journal;
  const local = journal.localOverlay();
  return [...local].flatMap(([key, seen]) => {
    const path = localPathOf({ base, local }, key);
    if (path === undefined || seen.t === 'unknown') return [];
    if (seen.t === 'absent') return [{ path, ...kindOf(base.get(key)), direction: 'up' as const }];
    const { kind, content } = seen.node;
    return [{ path, kind, size: content?.size ?? null, direction: 'up' as const }];
  });
}

function changedThere(journal: Journal, rootId: string): TaskFile[] {
  const { base } = journal;
  const cloud = journal.cloudOverlay();
  return [...cloud].flatMap(([id, seen]) => {
    const path = cloudPathOf({ base, cloud, rootId }, id);
    if (path === undefined || seen.t === 'unknown') return [];
    if (seen.t === 'absent') return [{ path, ...kindOf(base.byCloudId(id)), direction: 'down' as const }];
    const { kind, size } = seen.node;
    return [{ path, kind, size, direction: 'down' as const }];
  });
}

function kindOf(row: BaseNode | undefined): Pick<TaskFile, 'kind'> {
  return row ? { kind: row.kind } : {};
}

export function toFailed(problem: StoredProblem): TaskFile {
  return {
    ...{ path: problem.path, code: problem.code, params: problem.params, attempts: problem.attempts },
    ...problemText(problem.code, problem.params),
    firstSeen: new Date(problem.firstSeenMs).toISOString(),
    lastSeen: new Date(problem.lastSeenMs).toISOString(),
    ...(Number.isFinite(problem.retryAtMs) ? { retryAt: new Date(problem.retryAtMs).toISOString() } : {}),
  };
}

function* after(files: readonly TaskFile[], cursor: string | undefined): Generator<TaskFile> {
  for (const file of files) if (cursor === undefined || file.path > cursor) yield file;
}

function byPath(left: TaskFile, right: TaskFile): number {
  if (left.path === right.path) return 0;
  return left.path < right.path ? -1 : 1;
}
