import { randomUUID, createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createShelf, openJournal, sha256Hex } from '@tideline/local-fs';
import { addDigestTerms, digestTerm, formatDigest, type DriveNode } from '@tideline/contracts';
import {
  ROOT_ID,
  runCycle,
  type Cloud,
  type CycleDeps,
  type Disk,
  type LocalKey,
  type LocalNode,
  type Observed,
  type Scanner,
} from '@tideline/sync-core';
import { toTable, type BenchRow } from '../drive/row.ts';
import { measurePlan } from './measure-plan.ts';
import { FILES_PER_FOLDER, FOLDERS_PER_TOP, MTIME_MS } from './tree-plan.ts';

const ROOT_CLOUD_ID = 'c0';
const EPOCH = 'e';

/** `isFlat`: all files in one folder. */
type Tree = { readonly files: number; readonly isFlat: boolean };

type Entry = {
  readonly number: number;
  /** 0: the root. */
  readonly parent: number;
  readonly name: string;
  readonly kind: 'file' | 'folder';
};

/**
 * `--alone`: the engine's own share of a first link: journal, slices, decisions and proofs, with a scan and a listing that are made up as they
 * are asked for. For memory and CPU on a machine that has no time for a tree of a million files and a server.
 */
export async function runAlone(tree: Tree): Promise<void> {
  const load = loadavg()[0] ?? 0;
  const rows = await linkAlone(tree);
  console.log(toTable(rows));
  for (const row of rows) console.log(JSON.stringify(row));
  console.error(`load of the machine before ${load.toFixed(1)}, after ${(loadavg()[0] ?? 0).toFixed(1)}`);
}

async function linkAlone(tree: Tree): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'tideline-link-'));
  const journalPath = join(folder, 'journal.db');
  try {
    return [await link(tree, journalPath), ...measurePlan(journalPath)];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function link(tree: Tree, journalPath: string): Promise<BenchRow> {
  const { files, isFlat } = tree;
  const journal = openJournal(journalPath);
  const root = {
    id: ROOT_ID,
    parent: ROOT_ID,
    localName: '',
    cloudName: '',
    kind: 'folder',
    state: 'managed',
  } as const;
  const rest = { cloudId: ROOT_CLOUD_ID, rev: 1, contentId: null, size: null, meta: META, sig: null };
  journal.advance({ rows: [{ ...root, ...rest }] });
  const before = process.cpuUsage();
  const startedAt = performance.now();
  const deps = { ...surroundings(), journal, scanner: scannerOf(tree), cloud: cloudOf(tree), disk: NO_DISK };
  const report = await runCycle(deps, {
    ...{ dirty: 'all', pullFeed: true, settings: SETTINGS, signal: new AbortController().signal },
    ...{ onProgress: () => undefined, yieldNow: () => false },
  });
  const { user, system } = process.cpuUsage(before);
  const peakMiB = Math.round(process.resourceUsage().maxRSS / 1024);
  const seconds = (performance.now() - startedAt) / 1000;
  journal.close();
  const isLinked = report.verified === true && report.files === files;
  return {
    work: `engine alone: first link of two equal trees of ${files.toLocaleString('en')} files${isFlat ? ' in one folder' : ''}`,
    aim: '< 1,024 MiB',
    measured: `${seconds.toFixed(1)} s, ${((user + system) / 1e6).toFixed(1)} s of CPU, peak RSS ${peakMiB} MiB${isLinked ? '' : `; ended as ${JSON.stringify(report)}`}`,
    isMet: isLinked && peakMiB < 1024,
  };
}

const META = { mtimeMs: MTIME_MS, exec: false };
const SETTINGS = {
  ...({
    mode: 'bidirectional',
    propagateDeletes: false,
    conflict: 'copy',
    deviceName: 'bench',
    nowLabel: 'now',
  } as const),
  ...{ names: { caseSensitive: true, windows: false, maxNameBytes: 255 }, exclude: [], maxFiles: Infinity },
};
const NO_DISK = { settleDisplaced: () => Promise.resolve([]), recover: () => Promise.resolve([]) } as unknown as Disk;

function surroundings(): Pick<CycleDeps, 'clock' | 'ids' | 'hashes'> {
  return {
    clock: { nowMs: () => Date.now() },
    ids: { opId: () => randomUUID(), nodeId: () => randomUUID() },
    hashes: { sha256Hex },
  };
}

/** Parents before what they hold. */
function* entries({ files, isFlat }: Tree): Generator<Entry> {
  const perFolder = isFlat ? files : FILES_PER_FOLDER;
  const folders = Math.ceil(files / perFolder);
  const tops = Math.ceil(folders / FOLDERS_PER_TOP);
  for (let top = 0; top < tops; top += 1) yield { number: 1 + top, parent: 0, name: `d${top}`, kind: 'folder' };
  for (let at = 0; at < folders; at += 1) {
    yield { number: 1 + tops + at, parent: 1 + Math.floor(at / FOLDERS_PER_TOP), name: `e${at}`, kind: 'folder' };
  }
  for (let file = 0; file < files; file += 1) {
    const parent = 1 + tops + Math.floor(file / perFolder);
    yield { number: 1 + tops + folders + file, parent, name: `f${file}.txt`, kind: 'file' };
  }
}

const contentOf = (number: number) => createHash('sha256').update(`${number}`).digest('hex');
const idOf = (number: number) =>
  number === 0 ? ROOT_CLOUD_ID : `00000000-0000-7000-8000-${number.toString(16).padStart(12, '0')}`;

function toLocal({ number, parent, name, kind }: Entry): [LocalKey, Observed<LocalNode>] {
  const id = BigInt(number + 10);
  const at = BigInt(MTIME_MS) * 1_000_000n;
  const sig = { volume: 'v', fileId: id, birthNs: at + id, size: 9, mtimeNs: at, ctimeNs: at + 5n, links: 1 };
  const content = kind === 'file' ? { contentId: contentOf(number), size: 9 } : null;
  const node: LocalNode = { parent: parent === 0 ? ROOT_ID : -parent, name, kind, sig, content, meta: META };
  return [-number, { t: 'present', node, sinceMs: 1 }];
}

function toDriveNode({ number, parent, name, kind }: Entry): DriveNode {
  const content = kind === 'file' ? { contentId: contentOf(number), size: 9, versionId: idOf(number) } : {};
  return {
    ...{ id: idOf(number), parentId: idOf(parent), name, kind, rev: 1, seq: number, mtimeMs: MTIME_MS, exec: false },
    ...{ contentId: null, size: null, versionId: null, trashedAt: null, ...content },
  } as unknown as DriveNode;
}

/** Told as it is gone through, and never held: what keeps a real scan out of memory is measured with the agent. */
function scannerOf(tree: Tree): Scanner {
  const seen = {
    *[Symbol.iterator]() {
      for (const entry of entries(tree)) yield toLocal(entry);
    },
  } as unknown as ReadonlyMap<LocalKey, Observed<LocalNode>>;
  const counts = { files: tree.files, folders: 0, skipped: 0, unreadable: [] };
  return {
    root: () => Promise.resolve({ t: 'ok', identity: 'root' }),
    scan: () => Promise.resolve({ full: true, seen, listed: new Set(), ...counts }),
  };
}

function cloudOf(tree: Tree): Cloud {
  const shelf = createShelf<DriveNode>();
  let sum = 0n;
  let count = 0;
  for (const entry of entries(tree)) {
    const node = toDriveNode(entry);
    shelf.put([node]);
    count += 1;
    sum = addDigestTerms(sum, digestTerm(node, sha256Hex));
  }
  const head = { cursor: 'k', seq: count, epoch: EPOCH, capsRev: 1 };
  return {
    rootId: ROOT_CLOUD_ID,
    listing: () => Promise.resolve({ ...head, nodes: shelf }),
    changes: () => Promise.resolve({ ...head, items: [], more: false }),
    caps: () => Promise.resolve({ capsRev: 1, boundaries: [] }),
    digest: () => Promise.resolve({ count, digest: formatDigest(sum), seq: count }),
  } as unknown as Cloud;
}
