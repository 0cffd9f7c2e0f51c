import { lstatSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import type { LocalKey, LocalNode, Observed } from '@tideline/sync-core';
import { MAX_SINGLE_CHUNK_BYTES } from '@tideline/contracts/content-id';
import { dropClones, hashClone } from '../clone/clone-file.ts';
import { hashFile } from '../hash/hash-file.ts';
import { volumeNameOf } from '../volume/mounts.ts';
import { openKnownTree, type KnownTree } from './known-tree.ts';
import { compileRules } from '@tideline/sync-core/filter';
import { runScan } from './run-scan.ts';
import type { RunScan, ScanReply, ScanRequest, SeenEntry } from './scan-protocol.ts';
import type { ScanEnv } from './session.ts';

/** Differences per message: large enough to amortize it, small enough never to be felt on the other side. */
const ENTRIES_PER_MESSAGE = 1000;

class ScanAborted extends Error {}

const buffer = new Uint8Array(MAX_SINGLE_CHUNK_BYTES);
/** By journal: a connection each, kept because opening one costs more than a small scan. */
const trees = new Map<string, KnownTree>();

parentPort?.on('message', (request: ScanRequest) => {
  if (request.t === 'forget') return forget(request.journalPath);
  const reply = (message: ScanReply): void => parentPort?.postMessage(message);
  try {
    scan(request, reply);
  } catch (error) {
    if (error instanceof ScanAborted) reply({ id: request.id, t: 'aborted' });
    else reply({ id: request.id, t: 'failed', message: error instanceof Error ? error.message : String(error) });
  }
});

function scan(request: RunScan, reply: (message: ScanReply) => void): void {
  const known = knownTreeOf(request.target.journalPath);
  known.begin();
  try {
    const outbox = createOutbox(request.id, reply);
    const summary = runScan(environment(request, known, outbox), request.dirty);
    outbox.flush();
    reply(summary ? { id: request.id, t: 'done', summary } : { id: request.id, t: 'rootLost' });
  } finally {
    known.end();
  }
}

function knownTreeOf(journalPath: string): KnownTree {
  const known = trees.get(journalPath) ?? openKnownTree(journalPath);
  trees.set(journalPath, known);
  return known;
}

function forget(journalPath: string): void {
  trees.get(journalPath)?.close();
  trees.delete(journalPath);
}

type Outbox = Pick<ScanEnv, 'emit' | 'withdraw'> & { flush(): void };

function createOutbox(id: number, reply: (message: ScanReply) => void): Outbox {
  let entries: SeenEntry[] = [];
  let withdrawn: LocalKey[] = [];
  const flush = (): void => {
    if (entries.length + withdrawn.length > 0) reply({ id, t: 'seen', entries, withdrawn });
    entries = [];
    withdrawn = [];
  };
  return {
    flush,
    emit: (key: LocalKey, seen: Observed<LocalNode>) => {
      entries.push([key, seen]);
      if (entries.length >= ENTRIES_PER_MESSAGE) flush();
    },
    // Entries of one message come first: what is withdrawn was emitted before.
    withdraw: (key) => withdrawn.push(key),
  };
}

function environment(request: RunScan, tree: KnownTree, outbox: Outbox): ScanEnv {
  const { root, rules, clones } = request.target;
  if (request.dirty === 'all') dropClones(clones);
  const checkAbort = (): void => {
    if (Atomics.load(request.abort, 0) === 1) throw new ScanAborted();
  };
  const rootDev = lstatSync(root, { bigint: true }).dev;
  const volume = volumeNameOf(root, rootDev);
  return {
    root,
    rootDev,
    volume,
    known: tree,
    nowMs: () => Date.now() + request.aheadMs,
    ...compileRules(rules, { caseSensitive: process.platform === 'linux' }),
    hash: (path) => hashFile(path, { volume, buffer, checkAbort }),
    hashClone: (path) => hashClone(`${root}/${path}`, { volume, buffer, checkAbort, folder: clones, path }),
    checkAbort,
    emit: outbox.emit,
    withdraw: outbox.withdraw,
  };
}
