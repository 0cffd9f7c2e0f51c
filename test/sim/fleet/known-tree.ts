import { ROOT_ID, type BaseNode } from '@tideline/sync-core';
import type { KnownPresent, KnownTree } from '../../../libs/local-fs/src/scan/known-tree.ts';
import type { DeviceJournal } from './device-journal.ts';

function rowsByFileId(all: readonly BaseNode[]): ReadonlyMap<bigint, BaseNode[]> {
  const found = new Map<bigint, BaseNode[]>();
  for (const row of all) {
    if (!row.sig) continue;
    const rows = found.get(row.sig.fileId);
    if (rows) rows.push(row);
    else found.set(row.sig.fileId, [row]);
  }
  return found;
}

/** What a scan is told of base and the last scan, as the journal on disk answers it. */
export function knownTreeOf(journal: DeviceJournal): KnownTree {
  const { base } = journal;
  const overlay = journal.localOverlay();
  let byFileId: ReadonlyMap<bigint, BaseNode[]> | null = null;
  const present: KnownPresent[] = [];
  for (const [key, seen] of overlay) {
    if (seen.t === 'present') present.push({ key, node: seen.node, sinceMs: seen.sinceMs });
  }
  return {
    begin: () => undefined,
    end: () => undefined,
    close: () => undefined,
    rootIdentity: () => journal.meta().rootIdentity,
    root: () => base.get(ROOT_ID),
    get: (id) => base.get(id),
    children: (parent) => base.children(parent),
    childByName: (parent, name) => base.childByLocalName(parent, name),
    byFileId: (fileId) => (byFileId ??= rowsByFileId(base.rows())).get(fileId) ?? [],
    hasOverlay: () => overlay.size > 0,
    earlier: (key) => overlay.get(key),
    earlierIn: (parent) => present.filter(({ node }) => node.parent === parent),
    earlierAt: (parent, name) => present.find(({ node }) => node.parent === parent && node.name === name),
    lowestLocalKey: () => journal.lowestKey,
    busy: (path) => {
      const found = journal
        .problems()
        .find((each) => each.path === path && each.code === 'BUSY' && each.source === 'scan');
      return found && { sinceMs: found.firstSeenMs, retryAtMs: found.retryAtMs };
    },
  };
}
