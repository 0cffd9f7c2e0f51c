import { randomUUID } from 'node:crypto';
import { openJournal } from '@tideline/local-fs';
import {
  decide,
  guardPlan,
  ROOT_ID,
  type BaseNode,
  type Journal,
  type LocalKey,
  type LocalNode,
  type Observed,
  type SyncPolicy,
} from '@tideline/sync-core';
import type { BenchRow } from '../drive/row.ts';

const CHANGES = 10_000;
const ROUNDS = 3;

/** What a decision takes when 10,000 files all over the tree were edited, renamed, made or edited in the cloud. */
export function measurePlan(journalPath: string): BenchRow[] {
  const journal = openJournal(journalPath);
  const files = someFiles(journal, CHANGES);
  const folding = timedSync(() => change(journal, files));
  const rounds = Array.from({ length: ROUNDS }, () => timedSync(() => plan(journal)));
  const ops = rounds[0]?.answer ?? 0;
  journal.close();
  const seconds = Math.min(...rounds.map((round) => round.seconds));
  const first = rounds[0]?.seconds ?? 0;
  const cpuSeconds = Math.min(...rounds.map((round) => round.cpuSeconds));
  return [
    {
      work: `plan of ${CHANGES.toLocaleString('en')} changes`,
      aim: '≤ 1 s',
      measured: `${seconds.toFixed(2)} s, ${cpuSeconds.toFixed(2)} s of CPU (cold ${first.toFixed(2)} s), ${ops} operations; taking the changes in ${folding.seconds.toFixed(2)} s`,
      isMet: first <= 1,
    },
  ];
}

function change(journal: Journal, files: readonly BaseNode[]): void {
  const seen = new Map<LocalKey, Observed<LocalNode>>();
  const cloud = [];
  for (const [index, row] of files.entries()) {
    const node = asLocal(row);
    if (index % 4 === 0) seen.set(row.id, present({ ...node, content: { contentId: hex(index), size: 9 } }));
    if (index % 4 === 1) seen.set(row.id, present({ ...node, name: `renamed ${index}` }));
    if (index % 4 === 2) seen.set(-1 - index, present({ ...node, name: `new ${index}` }));
    if (index % 4 === 3) cloud.push({ id: row.cloudId, seen: present(editedInCloud(journal, row, index)) });
  }
  const nothing = { files: 0, folders: 0, skipped: 0, unreadable: [] };
  journal.foldScan({ full: false, seen, listed: new Set(files.map(({ parent }) => parent)), ...nothing });
  journal.advance({ cloud });
}

const present = <T>(node: T): Observed<T> => ({ t: 'present', node, sinceMs: 0 });
const hex = (number: number): string => number.toString(16).padStart(64, '0');

function asLocal({ parent, localName: name, kind, sig, meta, contentId, size }: BaseNode): LocalNode {
  if (!sig || contentId === null) throw new Error(`${name} was not linked`);
  return { parent, name, kind, sig, meta, content: { contentId, size: size ?? 0 } };
}

function editedInCloud(journal: Journal, { cloudId: id, cloudName: name, kind, rev, ...row }: BaseNode, seq: number) {
  const parentId = journal.base.get(row.parent)?.cloudId ?? '';
  return { id, parentId, name, kind, rev: rev + 1, seq, contentId: hex(seq), size: 9, meta: row.meta };
}

/** Spread over the whole tree: as many from each folder as it takes. */
function someFiles(journal: Journal, count: number): BaseNode[] {
  const folders = [...allFolders(journal)];
  const perFolder = Math.ceil(count / folders.length);
  return folders
    .flatMap((id) =>
      journal.base
        .children(id)
        .filter(({ kind }) => kind === 'file')
        .slice(0, perFolder),
    )
    .slice(0, count);
}

function* allFolders({ base }: Journal): Generator<number> {
  const open = [ROOT_ID];
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    const inside = base.children(folder);
    if (inside.some(({ kind }) => kind === 'file')) yield folder;
    for (const { id, kind } of inside) if (kind === 'folder') open.push(id);
  }
}

/** Answers the number of operations. */
function plan(journal: Journal): number {
  let id = 1e12;
  const trees = { base: journal.base, local: journal.localOverlay(), cloud: journal.cloudOverlay() };
  const decided = decide(trees, POLICY, { opId: randomUUID, nodeId: randomUUID, baseId: () => (id += 1) });
  const { plan: guarded } = guardPlan(decided, {
    ...{ base: journal.base, mode: POLICY.mode, nowMs: POLICY.nowMs, observedFromMs: 0 },
    ...{ deeds: [], holds: [], looksEncrypted: false },
  });
  return guarded.local.length + guarded.cloud.length;
}

const POLICY: SyncPolicy = {
  ...{ mode: 'bidirectional', propagateDeletes: false, conflict: 'copy', deviceName: 'bench', nowLabel: 'now' },
  names: { caseSensitive: true, windows: false, maxNameBytes: 255 },
  ...{ firstSync: false, recovery: false, nowMs: 1_800_000_000_000 },
};

function timedSync<T>(work: () => T): { readonly seconds: number; readonly cpuSeconds: number; readonly answer: T } {
  const startedAt = performance.now();
  const before = process.cpuUsage();
  const answer = work();
  const { user, system } = process.cpuUsage(before);
  return { seconds: (performance.now() - startedAt) / 1000, cpuSeconds: (user + system) / 1e6, answer };
}
