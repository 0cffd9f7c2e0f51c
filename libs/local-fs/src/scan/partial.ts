import { ROOT_ID, type BaseId, type LocalKey } from '@tideline/sync-core/tree';
import type { FolderTask, ScanEnv, ScanSession } from './session.ts';
import { withDescendants } from './settle.ts';
import { isStill, pathOf, statAt } from './where-is.ts';

/** Folders of base for the paths in which something happened; a path that base does not know widens to the folder above. */
export function enqueueDirty(session: ScanSession, dirty: readonly string[]): void {
  const tasks = new Map<BaseId, FolderTask>();
  for (const path of dirty) {
    const task = reachable(session, findFolder(session, path));
    if (task) tasks.set(task.key, task);
  }
  // The last one is taken first: folders before what they hold, so that what has moved is known when it matters.
  const deepestFirst = [...tasks.values()].sort((a, b) => depthOf(b.path) - depthOf(a.path));
  for (const task of deepestFirst) session.queue.push(task);
}

const depthOf = (path: string): number => (path === '' ? 0 : path.split('/').length);

/** The deepest folder of base on the way to `path`, in the tree as the last scan saw it. */
function findFolder({ env }: ScanSession, path: string): BaseId {
  let folder: BaseId = ROOT_ID;
  for (const name of path === '' ? [] : path.split('/')) {
    const next = findFolderIn(env, folder, name);
    if (next === undefined) return folder;
    folder = next;
  }
  return folder;
}

/** A folder of base by the name under which the last scan saw it. */
function findFolderIn({ known }: ScanEnv, folder: BaseId, name: string): BaseId | undefined {
  const earlier = known.earlierAt(folder, name);
  if (earlier) return earlier.node.kind === 'folder' && earlier.key > 0 ? earlier.key : undefined;
  const child = known.childByName(folder, name);
  return child?.kind === 'folder' && !known.earlier(child.id) ? child.id : undefined;
}

/** The folder itself if it still is where and what it was, else the nearest one above that is. */
export function reachable(session: ScanSession, id: BaseId): FolderTask | undefined {
  const tried = new Set<LocalKey>();
  for (let at: LocalKey = id; ;) {
    const path = pathOf(session, at);
    const there = path === undefined ? 'nothing' : statAt(session, path);
    if (path !== undefined && typeof there === 'object' && isStill(session, at, there.sig)) {
      return { key: at, path, ...there, deep: wasGone(session, at) };
    }
    if (at === ROOT_ID) return undefined;
    tried.add(at);
    const above = parentOf(session, at);
    at = tried.has(above) ? ROOT_ID : above; // a stored tree with a ring must not hang the scan
  }
}

function wasGone({ env }: ScanSession, id: BaseId): boolean {
  const earlier = env.known.earlier(id);
  return earlier !== undefined && earlier.t !== 'present';
}

function parentOf({ env }: ScanSession, key: LocalKey): LocalKey {
  const earlier = env.known.earlier(key);
  if (earlier?.t === 'present') return earlier.node.parent;
  return env.known.get(key)?.parent ?? ROOT_ID;
}

/**
 * What this scan misses may be where the last one saw it, in a folder nobody told about, and what it no longer finds may be
 * back at its place: such folders are read too. Answers whether there are any.
 */
export function enqueueRelated(session: ScanSession): boolean {
  if (!session.env.known.hasOverlay()) return false;
  const folders = new Set<BaseId>();
  for (const key of missingKeys(session)) {
    const earlier = session.env.known.earlier(key);
    if (earlier?.t === 'present') addFolder(session, folders, earlier.node.parent);
  }
  for (const key of session.unsettled.keys()) {
    const base = session.assigned.has(key) ? undefined : session.env.known.get(key);
    if (base) addFolder(session, folders, base.parent);
  }
  for (const id of folders) session.attempted.add(id);
  const tasks = [...folders].map((id) => reachable(session, id)).filter((task) => task !== undefined);
  const unread = tasks.filter((task) => !session.listed.has(task.key));
  for (const task of unread) session.queue.push(task);
  return unread.length > 0;
}

function* missingKeys(session: ScanSession): Generator<LocalKey> {
  for (const { base } of session.deferred) if (base) yield base.id;
  for (const missing of session.missing) {
    for (const node of withDescendants(session, missing.node)) yield node.id;
  }
}

/** The nearest folder of base at or above `key` that was not tried yet. */
function addFolder(session: ScanSession, folders: Set<BaseId>, key: LocalKey): void {
  let at = key;
  while (at < 0) at = parentOf(session, at);
  if (!session.attempted.has(at)) folders.add(at);
}
