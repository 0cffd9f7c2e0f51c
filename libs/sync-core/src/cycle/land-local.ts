import type { ProblemCode } from '@tideline/contracts';
import type { LocalOp } from '../model/plan.ts';
import type { LocalKey, LocalNode } from '../model/tree.ts';
import type { DiskResult, RelativePath } from '../ports/disk.ts';
import type { Execution } from './execution.ts';

type Landed = Exclude<LocalOp, { op: 'localSetAside' | 'localTrash' }>;

/** A change on disk that is done: `node` is what the disk holds now. */
export function land(execution: Execution, op: Landed, node: LocalNode): void {
  const key = op.op === 'localMove' ? op.key : op.id;
  execution.setLocal(key, node);
  execution.settled(op, { t: 'local', sig: node.sig });
  execution.complete(op.opId, op.op === 'localDownload' ? (op.cloud.size ?? 0) : 0);
  execution.succeed(execution.live.pathOf(key));
}

/**
 * The disk was not as planned: look there again and decide anew. When looking does not help, something that is not synced (a
 * link, a filtered file) is in the way, which only a person can solve.
 */
export function giveUp(execution: Execution, op: LocalOp, near: LocalKey): void {
  execution.noteRescan(near);
  if (execution.isStuck(op)) execution.fail(placeOf(op, execution) ?? '', 'IN_THE_WAY');
  execution.advance({ finished: [op.opId] });
}

/** Where the operation puts its node, or where the node is that it takes away. */
export function placeOf(op: LocalOp, { live }: Execution): RelativePath | undefined {
  return 'parent' in op ? live.childPath(op.parent, op.name) : live.pathOf(op.id);
}

/**
 * A new entry that cannot be read is in no tree, so no decision knows that its name is taken; only the scan does. Fetching
 * for that place, or trying to move there, fails each time. A node that is to be changed where it is was read itself.
 */
export function waitsForName(op: LocalOp, execution: Execution): boolean {
  const wantsName = 'parent' in op && !(op.op === 'localDownload' && op.replaces);
  return wantsName && execution.isNameUnread(placeOf(op, execution));
}

export type Refused = {
  readonly near: LocalKey;
  readonly path: RelativePath;
  readonly result: Exclude<DiskResult<object>, { t: 'done' }>;
};

/** What the disk means by its codes; anything else is a matter of this one file. */
const MEANINGS: Readonly<Record<string, ProblemCode>> = {
  ENOSPC: 'DISK_FULL',
  EDQUOT: 'DISK_FULL',
  EROFS: 'DISK_READ_ONLY',
  EBUSY: 'BUSY',
  ETXTBSY: 'BUSY',
  ENAMETOOLONG: 'PATH_TOO_LONG',
};

export function notDone(execution: Execution, op: LocalOp, { near, path, result }: Refused): void {
  if (result.t === 'changed') return giveUp(execution, op, near);
  const meaning = MEANINGS[result.code] ?? 'UNREADABLE';
  if (meaning === 'DISK_FULL' || meaning === 'DISK_READ_ONLY') execution.blocked = 'disk';
  execution.fail(path, meaning, { reason: result.code });
  execution.advance({ finished: [op.opId] });
}
