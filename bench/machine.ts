import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';

const MiB = 1024 ** 2;
const HASHED_BYTES = 64 * MiB;
const TOUCHED_BYTES = 256 * MiB;
const PAGE_BYTES = 4096;
const FLUSHES = 40;

/**
 * What this machine gives, so that figures of two runs can be compared: the same code took half or twice as long on virtual machines
 * of one kind, by the price of memory that is touched first.
 */
export function describeMachine(): string {
  const load = (loadavg()[0] ?? 0).toFixed(1);
  return [
    `machine: ${availableParallelism()} cores, load ${load}`,
    `SHA-256 ${Math.round(hashedBytesPerSecond() / 1e6)} MB/s`,
    `memory touched first ${microsecondsPerNewPage().toFixed(1)} µs for each page of 4 KiB`,
    `flush of 4 KiB p50 ${medianFlushMs().toFixed(1)} ms`,
  ].join('; ');
}

function hashedBytesPerSecond(): number {
  const bytes = Buffer.alloc(HASHED_BYTES, 1);
  const hash = () => createHash('sha256').update(bytes).digest();
  hash();
  return HASHED_BYTES / secondsOf(hash);
}

function microsecondsPerNewPage(): number {
  const pages = TOUCHED_BYTES / PAGE_BYTES;
  const seconds = secondsOf(() => {
    const bytes = Buffer.allocUnsafeSlow(TOUCHED_BYTES);
    for (let page = 0; page < pages; page += 1) bytes[page * PAGE_BYTES] = 1;
  });
  return (seconds * 1e6) / pages;
}

function medianFlushMs(): number {
  const folder = mkdtempSync(join(tmpdir(), 'tideline-bench-'));
  const file = openSync(join(folder, 'flushed'), 'w');
  try {
    const bytes = Buffer.alloc(PAGE_BYTES, 1);
    const taken = Array.from({ length: FLUSHES }, () =>
      secondsOf(() => {
        writeSync(file, bytes);
        fsyncSync(file);
      }),
    );
    return (taken.sort((a, b) => a - b)[FLUSHES / 2] ?? 0) * 1000;
  } finally {
    closeSync(file);
    rmSync(folder, { recursive: true });
  }
}

function secondsOf(work: () => unknown): number {
  const start = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - start) / 1e9;
}
