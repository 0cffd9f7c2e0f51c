import { lstatSync } from 'node:fs';
import { ROOT_ID } from '@tideline/sync-core/tree';
import { toStatSig } from '../stat/sig.ts';
import { listFolder } from './list-folder.ts';
import { enqueueDirty, enqueueRelated } from './partial.ts';
import type { ScanSummary } from './scan-protocol.ts';
import { beginSession, type ScanEnv, type ScanSession } from './session.ts';
import { settleDeferred, tellMissing } from './settle.ts';

/** One scan: walk what is asked for, decide about places that changed hands, chase what is missing, tell what is gone. */
export function runScan(env: ScanEnv, dirty: 'all' | readonly string[]): ScanSummary {
  const session = beginSession(env, dirty === 'all');
  if (dirty === 'all') enqueueRoot(session);
  else enqueueDirty(session, dirty);
  do walk(session);
  while (hasMore(session));
  tellMissing(session);
  return summaryOf(session);
}

function enqueueRoot(session: ScanSession): void {
  const { root, volume } = session.env;
  const sig = toStatSig(lstatSync(root, { bigint: true }), volume);
  session.queue.push({ key: ROOT_ID, path: '', sig, deep: true });
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
