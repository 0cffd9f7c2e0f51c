import { lstatSync } from 'node:fs';
import { ROOT_ID, type BaseId, type BaseNode, type LocalKey, type StatSig } from '@tideline/sync-core/tree';
import { isSameIdentity, toStatSig } from '../stat/sig.ts';
import { absolutePath, joinPath, type Entry, type ScanSession } from './session.ts';
import { isGone } from './system-error.ts';

/** Deeper than any path the system allows; a stored tree with a ring must not hang the scan. */
export const MAX_DEPTH = 2100;

/** Where a folder is now as far as this scan, the last one or base tell; undefined when nothing does. */
export function pathOf(session: ScanSession, key: LocalKey): string | undefined {
  const names: string[] = [];
  let at = key;
  for (let depth = 0; depth < MAX_DEPTH; depth += 1) {
    const above = at === ROOT_ID ? '' : session.places.get(at);
    if (above !== undefined) return names.reduceRight(joinPath, above);
    const place = placeOf(session, at);
    if (!place) return undefined;
    names.push(place.name);
    at = place.parent;
  }
  return undefined;
}

function placeOf({ env }: ScanSession, key: LocalKey): { parent: LocalKey; name: string } | undefined {
  const earlier = env.known.earlier(key);
  if (earlier?.t === 'present') return earlier.node;
  const base = key > 0 ? env.known.get(key) : undefined;
  return base && { parent: base.parent, name: base.localName };
}

export type Standing = { readonly sig: StatSig; readonly changedNs: bigint };

/** What stands at a path: what it looks like, nothing (proven), or unknown because it could not be asked. */
export function statAt(session: ScanSession, path: string): Standing | 'nothing' | 'unknown' {
  try {
    const stats = lstatSync(absolutePath(session.env, path), { bigint: true });
    return { sig: toStatSig(stats, session.env.volume), changedNs: stats.ctimeNs };
  } catch (error) {
    return isGone(error) ? 'nothing' : 'unknown';
  }
}

/**
 * Proven: nothing stands at the node's place in base, or something else does, or the folder of that place is another; or the
 * very entry was found under another name in the same folder. That needs no question, to which disks that do not tell cases or
 * Unicode forms apart would answer with the entry under its old name, too (M19), or which could fail: what cannot be asked
 * would make the node absent (SA-4).
 */
export function hasLeftItsPlace(session: ScanSession, node: BaseNode, found: Pick<Entry, 'path'>): boolean {
  const folder = pathOf(session, node.parent);
  if (folder === undefined) return true;
  const place = joinPath(folder, node.localName);
  if (place !== found.path && folderOf(found.path) === folder) return true;
  const there = statAt(session, place);
  if (there === 'unknown') return false;
  if (there === 'nothing' || node.sig === null || !isSameIdentity(there.sig, node.sig)) return true;
  // By way of another folder, which has taken the path, it is not at its place.
  const folderThere = statAt(session, folder);
  return typeof folderThere === 'object' && !isStill(session, node.parent, folderThere.sig);
}

/** Whether what stands where a folder of base was last seen is that folder. */
export function isStill({ env }: ScanSession, id: BaseId, there: StatSig): boolean {
  if (id === ROOT_ID) return true;
  const earlier = env.known.earlier(id);
  const sig = earlier?.t === 'present' ? earlier.node.sig : env.known.get(id)?.sig;
  return id > 0 && (!sig || isSameIdentity(sig, there));
}

const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));
