import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { ContentId } from '@tideline/contracts';
import { describe, expect, it, onTestFinished } from 'vitest';
import yauzl from 'yauzl';
import { zipStream } from './zip-stream.ts';
import type { ZipEntry } from './zip-walk.ts';

const MIB = 1024 * 1024;
const PIECE = Buffer.alloc(64 * 1024, 7);
const NOON = new Date('2026-03-04T12:00:00Z');

function file(name: string, sizeBytes: number): ZipEntry {
  const content = { name, contentId: 'c'.repeat(64) as ContentId, size: sizeBytes, chunks: [] };
  return { path: name, modifiedAt: NOON, exec: false, content };
}

async function* listed(...entries: ZipEntry[]): AsyncIterable<ZipEntry> {
  await turn();
  yield* entries;
}

/** Pieces of 64 KiB from a store that may break, and that tells how many of its readers are open. */
class Source {
  open = 0;
  opened = 0;
  async *read(pieces: number, failure?: Error): AsyncIterable<Uint8Array> {
    this.open += 1;
    this.opened += 1;
    try {
      for (let piece = 0; piece < pieces; piece++) {
        await turn();
        yield PIECE;
      }
      if (failure) throw failure;
    } finally {
      this.open -= 1;
    }
  }
}

async function countBytes(stream: AsyncIterable<Uint8Array>, onBytes: (count: number) => void): Promise<void> {
  let count = 0;
  for await (const piece of stream) onBytes((count += piece.length));
}

describe('an archive breaks off, and closes what it read', () => {
  const size = 4 * PIECE.length;
  it.each([
    ['fails in the middle', 2, new Error('the store broke'), 'the store broke'],
    ['fails at once', 0, new Error('the store broke'), 'the store broke'],
    ['has too few bytes', 3, undefined, 'other bytes than its 262144: 196608 came'],
    ['has too many bytes', 1_000_000, undefined, 'other bytes than its 262144: 327680 came'],
  ])('when a file %s', async (_, pieces, failure, message) => {
    const source = new Source();
    let taken = 0;
    const stream = zipStream(listed(file('a', size), file('b', size)), () => source.read(pieces, failure));
    await expect(countBytes(stream, (count) => (taken = count))).rejects.toThrow(message);
    expect(source).toMatchObject({ open: 0, opened: 1 });
    expect(taken).toBeLessThanOrEqual(size + 100);
    expect(stream.destroyed).toBe(true);
  });

  it('when the walk fails between two files', async () => {
    const walk = async function* (): AsyncIterable<ZipEntry> {
      yield* listed(file('a', size));
      throw new Error('the database went away');
    };
    const source = new Source();
    const stream = zipStream(walk(), () => source.read(4));
    await expect(countBytes(stream, () => undefined)).rejects.toThrow('the database went away');
    expect(source).toMatchObject({ open: 0, opened: 1 });
  });

  it('when its taker goes away in the middle of a file', async () => {
    const source = new Source();
    let isWalkOver = false;
    const walk = async function* (): AsyncIterable<ZipEntry> {
      try {
        yield* listed(file('a', size), file('b', size));
      } finally {
        isWalkOver = true;
      }
    };
    const stream = zipStream(walk(), () => source.read(4));
    const isClosed = new Promise<void>((resolve) => stream.once('close', resolve));
    for await (const piece of stream) if ((piece as Buffer).length === PIECE.length) break;
    await isClosed;
    expect(source).toMatchObject({ open: 0, opened: 1 });
    expect(isWalkOver).toBe(true);
  });
});

describe('an archive that nobody takes', () => {
  it('opens nothing, and a failing walk harms nobody', async () => {
    const source = new Source();
    let isBegun = false;
    const walk = async function* (): AsyncIterable<ZipEntry> {
      isBegun = true;
      yield* listed(file('a', 1));
      throw new Error('the database went away');
    };
    const stream = zipStream(walk(), () => source.read(1));
    for (let turns = 0; turns < 20; turns++) await turn();
    expect({ isBegun, opened: source.opened }).toEqual({ isBegun: false, opened: 0 });
    stream.destroy();
  });
});

/** Keeps what is no byte of a file in a sparse file, which other readers can open like a real one. */
async function saveSparse(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tideline-zip-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const saved = path.join(folder, 'large.zip');
  const handle = await open(saved, 'wx');
  let at = 0;
  for await (const piece of stream) {
    if (piece.length < MIB) await handle.write(piece, 0, piece.length, at);
    at += piece.length;
  }
  await handle.truncate(at);
  await handle.close();
  return saved;
}

function listArchive(saved: string): Promise<yauzl.Entry[]> {
  return new Promise((resolve, reject) => {
    yauzl.open(saved, { strictFileNames: true }, (error, zip) => {
      if (error) return reject(error);
      const entries: yauzl.Entry[] = [];
      zip.on('error', reject);
      zip.on('entry', (entry: yauzl.Entry) => entries.push(entry));
      zip.on('end', () => resolve(entries));
    });
  });
}

describe('an archive of very many files', () => {
  it('is found whole, though its directory does not stay in memory', async () => {
    const names = Array.from({ length: 5000 }, (_, at) => `folder ${at % 7}/file ${at}`);
    const entries = listed(...names.map((name) => file(name, 1)));
    const read = async function* (): AsyncIterable<Uint8Array> {
      yield await Promise.resolve(Buffer.of(7));
    };
    const found = await listArchive(await saveSparse(zipStream(entries, read)));
    expect(found.map((entry) => entry.fileName)).toEqual(names);
  });
});

describe('a file above 4 GiB', () => {
  it('streams as zip64, and what comes after it is found', async () => {
    const zeros = Buffer.alloc(8 * MIB);
    const pieces = 513; // 4 GiB and 8 MiB
    const read = async function* ({ name }: { readonly name: string }): AsyncIterable<Uint8Array> {
      if (name === 'small') yield Buffer.from('after it');
      else for (let piece = 0; piece < pieces; piece++) yield zeros;
    };
    const entries = listed(file('large', pieces * zeros.length), file('small', 8));
    const found = await listArchive(await saveSparse(zipStream(entries, read)));
    expect(found.map((entry) => [entry.fileName, entry.uncompressedSize, entry.compressedSize])).toEqual([
      ['large', pieces * zeros.length, pieces * zeros.length],
      ['small', 8, 8],
    ]);
    expect(found.map((entry) => entry.versionNeededToExtract)).toEqual([45, 45]);
    expect(found[1]?.relativeOffsetOfLocalHeader).toBeGreaterThan(0xffffffff);
  });
});
