import type { DatabaseSync } from 'node:sqlite';
import { DEEDS_KEPT_MS, type Deed, type DeedKind } from '@tideline/sync-core';

export type DeedStore = {
  readonly since: (sinceMs: number, kind?: DeedKind) => readonly Deed[];
  readonly note: (deeds: readonly Deed[]) => void;
  readonly forget: (kinds: readonly DeedKind[]) => void;
};

export function createDeedStore(db: DatabaseSync): DeedStore {
  const since = db.prepare('SELECT * FROM deed WHERE at_ms >= ?1 AND (?2 IS NULL OR kind = ?2) ORDER BY rowid');
  const put = db.prepare('INSERT INTO deed (at_ms, kind, nodes, files) VALUES (?, ?, ?, ?)');
  const prune = db.prepare('DELETE FROM deed WHERE at_ms < ?');
  const forget = db.prepare('DELETE FROM deed WHERE kind = ?');
  return {
    since: (sinceMs, kind) => since.all(sinceMs, kind ?? null).map(toDeed),
    note: (deeds) => {
      for (const { atMs, kind, nodes, files } of deeds) put.run(atMs, kind, JSON.stringify(nodes), files);
      if (deeds.length > 0) prune.run(Math.max(...deeds.map((deed) => deed.atMs)) - DEEDS_KEPT_MS);
    },
    forget: (kinds) => {
      for (const kind of kinds) forget.run(kind);
    },
  };
}

function toDeed(row: Record<string, unknown>): Deed {
  return {
    kind: row['kind'] as DeedKind,
    nodes: JSON.parse(row['nodes'] as string) as string[],
    files: Number(row['files']),
    atMs: Number(row['at_ms']),
  };
}
