import { appendFileSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import type { ChunkRef } from '@tideline/contracts';
import type { FilePart, LargeFile, StagedFile } from '@tideline/sync-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256Hex } from '../hash/chunker.ts';
import { createDiskWorld, request, type DiskWorld } from './disk-world.fixture.ts';

let world: DiskWorld;
beforeEach(() => {
  world = createDiskWorld();
});
afterEach(() => world.close());

const WHOLE = 'one two three';
const PARTS = [part('one ', 0), part('two ', 4), part('three', 8)];
const FILE: LargeFile = { opId: 'op1', contentId: 'c1', size: WHOLE.length };

function part(text: string, offset: number): FilePart {
  return { offset, chunk: { hash: sha256Hex(text) as ChunkRef['hash'], size: text.length } };
}

async function write(staged: StagedFile, text: string, offset: number): Promise<void> {
  expect(await staged.write(offset, new TextEncoder().encode(text))).toEqual({ t: 'done' });
}

async function placed(staged: StagedFile, path: string): Promise<string> {
  expect(await staged.finish()).toEqual({ t: 'done' });
  const answers = await world.disk.place([request(path, '', { from: { staged: staged.name } })]);
  expect(answers).toEqual([{ t: 'done', sig: world.sig(path) }]);
  return world.text(path);
}

async function missing(staged: StagedFile, source: Parameters<StagedFile['reuse']>[1] = null): Promise<number[]> {
  const answer = await staged.reuse(PARTS, source);
  return answer.t === 'done' ? answer.missing.map(({ offset }) => offset) : [];
}

describe('a large download', () => {
  it('is placed once its parts are there, in whatever order they came', async () => {
    const staged = await world.disk.stage(FILE);
    await write(staged, 'three', 8);
    await write(staged, 'one two ', 0);
    expect(await placed(staged, 'big')).toBe(WHOLE);
    expect(statSync(world.path('big')).mode & 0o777).toBe(0o666 & ~process.umask());
    expect(world.staged()).toEqual([]);
  });

  it('[D10] leaves nothing when it is given up', async () => {
    const staged = await world.disk.stage(FILE);
    await write(staged, 'one ', 0);
    await staged.discard();
    expect(world.staged()).toEqual([]);
    expect(world.tree()).toEqual({});
  });

  it('[R16] goes on with what an earlier try left, as long as nobody touched it', async () => {
    const first = await world.disk.stage(FILE);
    await write(first, 'one ', 0);
    await write(first, 'three', 8);
    await first.leave();
    const second = await world.disk.stage({ ...FILE, opId: 'op2' });
    expect(await missing(second)).toEqual([4]);
    await write(second, 'two ', 4);
    expect(await placed(second, 'big')).toBe(WHOLE);
  });

  it('[R16] [K07] believes nothing of what another process left, or of what was changed since, but what its hash proves', async () => {
    const first = await world.disk.stage(FILE);
    await write(first, 'one two three', 0);
    await first.leave();
    writeFileSync(world.path('.tideline~sync/part/c1'), 'one tWo three');
    const second = await world.disk.stage(FILE);
    expect(await missing(second)).toEqual([4]);
    await second.leave();
    const other = createDiskWorld();
    const elsewhere = await other.disk.stage(FILE);
    expect(await missing(elsewhere)).toEqual([0, 4, 8]);
    await elsewhere.discard();
    await other.close();
  });

  it('takes over from a file here what is the same, and fetches the rest', async () => {
    const old = world.write('old', 'one TWO three');
    const staged = await world.disk.stage(FILE);
    expect(await missing(staged, { path: 'old', expect: old })).toEqual([4]);
    await write(staged, 'two ', 4);
    expect(await placed(staged, 'new')).toBe(WHOLE);
    expect(world.text('old')).toBe('one TWO three');
  });

  it('takes over what has moved within the file', async () => {
    const old = world.write('old', 'and one two three');
    const staged = await world.disk.stage(FILE);
    const moved = PARTS.map((each) => ({ ...each, from: each.offset + 'and '.length }));
    expect(await staged.reuse(moved, { path: 'old', expect: old })).toEqual({ t: 'done', missing: [] });
    expect(await placed(staged, 'new')).toBe(WHOLE);
  });

  it('takes nothing from a file that is not the expected one, or that is gone', async () => {
    const old = world.write('old', WHOLE);
    appendFileSync(world.path('old'), '!');
    const staged = await world.disk.stage(FILE);
    expect(await missing(staged, { path: 'old', expect: old })).toEqual([0, 4, 8]);
    expect(await missing(staged, { path: 'gone', expect: old })).toEqual([0, 4, 8]);
    await staged.discard();
  });

  it('is cut to its size, whatever an earlier try left behind its end', async () => {
    const first = await world.disk.stage(FILE);
    await write(first, `${WHOLE} and more`, 0);
    await first.leave();
    const second = await world.disk.stage(FILE);
    await write(second, WHOLE, 0);
    expect(await placed(second, 'big')).toBe(WHOLE);
  });

  it('[D10] waits a week for somebody to go on with it, and no longer', async () => {
    const first = await world.disk.stage(FILE);
    await write(first, 'one ', 0);
    await first.leave();
    await world.disk.recover(new Set());
    expect(world.staged()).toEqual(['.tideline~sync/part/c1']);
    const eightDaysAgo = Date.now() / 1000 - 8 * 86_400;
    utimesSync(world.path('.tideline~sync/part/c1'), eightDaysAgo, eightDaysAgo);
    await world.disk.recover(new Set());
    expect(readdirSync(world.path('.tideline~sync/part'))).toEqual([]);
  });

  it('[D10] goes, whole or not, when its task is cancelled; what was moved aside stays', async () => {
    const half = await world.disk.stage(FILE);
    await write(half, 'one ', 0);
    await half.leave();
    const whole = await world.disk.stage({ ...FILE, contentId: 'c2', opId: 'op2' });
    await write(whole, WHOLE, 0);
    await whole.finish();
    const replaces = world.write('a', 'old');
    await world.disk.place([request('a', 'new', { replaces })]);
    world.disk.dropDownloads();
    expect(world.staged().map((name) => world.text(name))).toEqual(['old']);
    expect(world.tree()).toEqual({ a: 'new' });
  });

  it('[D10] makes no staging folder where there is none', () => {
    world.disk.dropDownloads();
    expect(readdirSync(world.root)).toEqual([]);
  });
});
