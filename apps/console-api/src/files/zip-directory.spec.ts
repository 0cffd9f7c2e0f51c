import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { HELD_BYTES, ZipDirectory } from './zip-directory.ts';

async function ownFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tideline-directory-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

async function piecesOf(directory: ZipDirectory): Promise<Uint8Array[]> {
  const pieces: Uint8Array[] = [];
  for await (const piece of directory.read()) pieces.push(piece);
  return pieces;
}

describe('the directory of an archive', () => {
  it('gives back every record in order, in pieces of a bounded size, and leaves no file behind', async () => {
    const folder = await ownFolder();
    const records = Array.from({ length: 12_000 }, (_, at) => Buffer.from(`record ${at} ${'x'.repeat(at % 200)}`));
    const whole = Buffer.concat(records);
    expect(whole.length).toBeGreaterThan(4 * HELD_BYTES);
    const directory = new ZipDirectory(folder);
    for (const record of records) await directory.add(record);
    expect(await readdir(folder)).toEqual([]);
    const pieces = await piecesOf(directory);
    expect(Buffer.concat(pieces).equals(whole)).toBe(true);
    expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThanOrEqual(HELD_BYTES);
    expect(directory).toMatchObject({ count: records.length, sizeBytes: whole.length });
    await directory[Symbol.asyncDispose]();
  });

  it('of few files needs no disk', async () => {
    const directory = new ZipDirectory('/nowhere at all');
    await directory.add(Buffer.from('one'));
    expect(Buffer.concat(await piecesOf(directory)).toString()).toBe('one');
    await directory[Symbol.asyncDispose]();
  });

  it('says so when there is no room for it', async () => {
    const directory = new ZipDirectory('/nowhere at all');
    await expect(directory.add(Buffer.alloc(HELD_BYTES))).rejects.toMatchObject({ code: 'ENOENT' });
    await directory[Symbol.asyncDispose]();
  });
});
