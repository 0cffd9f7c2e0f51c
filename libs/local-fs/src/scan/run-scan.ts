import { lstatSync } from 'node:fs';
import { ROOT_ID } from '@tideline/sync-core/tree';
import { toStatSig } from '../stat/sig.ts';
import { findArrivals, placesInDoubt } from './arrivals.ts';
import { listFolder } from './list-folder.ts';
import { enqueueDirty, enqueueRelated } from './partial.ts';
import { findRootIdentity } from './root-identity.ts';
import type { ScanSummary } from './scan-protocol.ts';
import { beginSession, type ScanEnv, type ScanSession } from './session.ts';
import { settleDeferred, tellMissing } from './settle.ts';

/**
 * One scan: walk what is asked for, decide about places that changed hands, chase what is missing, tell what is gone.
 * Undefined when the root is not the task's, or was another folder at the end than at the beginning: an empty mount point that
 * shows when a volume goes away would make everything absent (SA-4, GU-3).
 */
export function runScan(env: ScanEnv, dirty: 'all' | readonly string[]): ScanSummary | undefined {
  const identity = findRootIdentity(env);
  if (identity === undefined || identity !== (env.known.rootIdentity() ?? identity)) return undefined;
  const summary = scan(env, dirty);
  return findRootIdentity(env) === identity ? summary : undefined;
}

function scan(env: ScanEnv, dirty: 'all' | readonly string[]): ScanSummary {
  const session = beginSession(env, dirty === 'all');
  if (dirty === 'all') enqueueRoot(session);
  else enqueueDirty(session, dirty);
  do walk(session);
  while (hasMore(session));
  findArrivals(session);
  for (const path of placesInDoubt(session)) session.unreadable.push({ path, code: 'BUSY' });
  tellMissing(session);
  return summaryOf(session);
}

function enqueueRoot(session: ScanSession): void {
  const { root, volume } = session.env;
  const stats = lstatSync(root, { bigint: true });
  const sig = toStatSig(stats, volume);
  session.queue.push({ key: ROOT_ID, path: '', sig, changedNs: stats.ctimeNs, deep: true });
}

function walk(session: ScanSession): void {
  for (let task = session.queue.pop(); task; task = session.queue.pop()) {
    if (!session.listed.has(task.key)) listFolder(session, task);
  }
}

/** Puts more folders into the queue, as long as any entry is undecided or anything missing may be elsewhere. */
function hasMore(session: ScanSession): boolean {
  if (!session.full && enqueueRelated(session)) return true;
  if (session.deferred.length === 0) return false;
  settleDeferred(session);
  return true;
}

function summaryOf(session: ScanSession): ScanSummary {
  const { full, files, folders, skipped, unreadable } = session;
  return { full, listed: [...session.listed], files, folders, skipped, unreadable };
}
