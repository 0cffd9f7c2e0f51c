import type { BaseId, BaseNode, LocalKey, Observed, LocalNode } from '@tideline/sync-core';
import { earlierOf, newKey } from './list-folder.ts';
import { see } from './see.ts';
import type { Deferred, Missing, ScanSession } from './session.ts';

/**
 * Entries at a place whose former owner has another identity: if the owner turned up elsewhere the entry is new (M15),
 * otherwise the place wins and it is an edit, as programs save (M29).
 */
export function settleDeferred(session: ScanSession): void {
  const { deferred } = session;
  session.deferred = [];
  for (const item of deferred) settleOne(session, item);
}

function settleOne(session: ScanSession, { entry, base, earlier }: Deferred): void {
  if (base?.kind === entry.kind && !session.assigned.has(base.id)) {
    session.assigned.add(base.id);
    see(session, entry, { key: base.id, base, earlier: earlierOf(session, base.id) });
    return;
  }
  if (earlier && earlier.key > 0 && earlier.node.kind === entry.kind && !session.assigned.has(earlier.key)) {
    session.assigned.add(earlier.key);
    see(session, entry, { key: earlier.key, base: session.env.known.get(earlier.key), earlier });
    return;
  }
  see(session, entry, { key: newKey(session), base: undefined, earlier: undefined });
}

/** Nodes of base that were found nowhere: absent where their folder was read to its end, else unknown. */
export function tellMissing(session: ScanSession): void {
  for (const id of session.arrived.keys()) tellArrived(session, id);
  const absentFiles: BaseNode[] = [];
  for (const missing of session.missing) {
    for (const node of withDescendants(session, missing.node)) {
      session.env.checkAbort();
      const why = missing.why === 'absent' && session.isInDoubt ? 'busy' : missing.why;
      if (why === 'absent' && node.kind === 'file') absentFiles.push(node);
      else tell(session, node.id, why);
    }
  }
  const moved = movedByContent(session, absentFiles);
  for (const node of absentFiles) if (!moved.has(node.id)) tell(session, node.id, 'absent');
}

/** It is somewhere, and so may all be that it held: the next scan tells where. */
function tellArrived(session: ScanSession, id: BaseId): void {
  const arrived = session.env.known.get(id);
  if (!arrived) return;
  for (const node of withDescendants(session, arrived)) {
    tell(session, node.id, 'busy');
    session.assigned.add(node.id);
  }
}

/** The node and everything base has below it, without what was found elsewhere. */
export function* withDescendants(session: ScanSession, node: BaseNode): Generator<BaseNode> {
  const open = [node];
  for (let next = open.pop(); next; next = open.pop()) {
    if (session.assigned.has(next.id)) continue;
    yield next;
    if (next.kind === 'folder') for (const child of session.env.known.children(next.id)) open.push(child);
  }
}

function tell({ env }: ScanSession, key: LocalKey, why: Missing['why']): void {
  const before = env.known.earlier(key);
  // The moment of finding, not that of the scan's beginning: a delete that a long scan sees has to settle too (SY-28).
  const sinceMs = env.nowMs();
  const seen: Observed<LocalNode> = why === 'absent' ? { t: why, sinceMs } : { t: 'unknown', why, sinceMs };
  env.emit(key, before?.t === seen.t ? { ...seen, sinceMs: before.sinceMs } : seen);
}

/**
 * M27: a file that vanished and a new one with the same bytes are a move when each is the only one of its content: across
 * volumes, or where programs save under a new name. Never for empty files, nor for a node without a signature: the engine itself
 * gave its file another name and took it from the node (SY-6).
 */
function movedByContent(session: ScanSession, absent: readonly BaseNode[]): ReadonlySet<LocalKey> {
  const moved = new Set<LocalKey>();
  const byContent = new Map<string, BaseNode | null>();
  for (const node of absent) {
    if (node.contentId === null || node.size === 0 || node.sig === null || node.state !== 'managed') continue;
    byContent.set(node.contentId, byContent.has(node.contentId) ? null : node);
  }
  for (const [contentId, node] of byContent) {
    const found = session.newFiles.get(contentId);
    if (!node || !found) continue;
    session.env.withdraw(found.key);
    session.env.emit(node.id, { t: 'present', node: found.node, sinceMs: session.env.nowMs() });
    moved.add(node.id);
  }
  return moved;
}
