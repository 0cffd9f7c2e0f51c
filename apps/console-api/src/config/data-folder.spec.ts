import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { claimDataFolder } from './data-folder.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tideline-data-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('claimDataFolder', () => {
  it('makes the folder with its parents', async () => {
    const claim = await claimDataFolder(path.join(folder, 'a/b'));
    expect(await readdir(path.join(folder, 'a/b'))).toEqual(['console.lock']);
    await claim.release();
    expect(await readdir(path.join(folder, 'a/b'))).toEqual([]);
  });

  it('refuses a file in its place and leaves it alone', async () => {
    const file = path.join(folder, 'data');
    await writeFile(file, 'precious');
    await expect(claimDataFolder(file)).rejects.toMatchObject({ code: 'DATA_DIRECTORY_BROKEN' });
    expect(await readFile(file, 'utf8')).toBe('precious');
  });

  it.each([
    ['bootstrap.json', 'garbage', /bootstrap\.json is damaged.*move it away/],
    ['bootstrap.json', '"text"', /bootstrap\.json is damaged/],
    ['blobs', 'precious', /file where its folder blobs should be/],
    ['logs', 'precious', /file where its folder logs should be/],
  ])('names the file %s that is in the way (%s) and leaves it alone', async (name, text, sentence) => {
    await writeFile(path.join(folder, name), text);
    const claim = claimDataFolder(folder);
    await expect(claim).rejects.toMatchObject({ code: 'DATA_DIRECTORY_BROKEN' });
    await expect(claim).rejects.toThrow(sentence);
    expect(await readdir(folder)).toEqual([name]);
    expect(await readFile(path.join(folder, name), 'utf8')).toBe(text);
  });

  it('takes over what an earlier console left', async () => {
    await writeFile(path.join(folder, 'bootstrap.json'), '{"url":""}');
    await mkdir(path.join(folder, 'blobs/objects'), { recursive: true });
    await (await claimDataFolder(folder)).release();
    expect((await readdir(folder)).sort()).toEqual(['blobs', 'bootstrap.json']);
  });

  it('refuses what the system refuses', async () => {
    await expect(claimDataFolder('/proc/tideline/data')).rejects.toMatchObject({ code: 'DATA_DIRECTORY_BROKEN' });
  });

  it.runIf(process.platform === 'linux')('refuses a folder that a living console holds', async () => {
    const stat = await readFile(`/proc/${process.ppid}/stat`, 'utf8');
    const startedAt = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    await writeFile(path.join(folder, 'console.lock'), JSON.stringify({ pid: process.ppid, startedAt }));
    await expect(claimDataFolder(folder)).rejects.toThrow(`another console (process ${process.ppid}) uses it.`);
  });

  it.each([
    ['a console that is gone', JSON.stringify({ pid: process.ppid, startedAt: '1' })],
    ['a lock that was cut short', '{"pid":'],
  ])('takes over from %s', async (_, text) => {
    await writeFile(path.join(folder, 'console.lock'), text);
    const claim = await claimDataFolder(folder);
    const lock = JSON.parse(await readFile(path.join(folder, 'console.lock'), 'utf8')) as { pid: number };
    expect(lock.pid).toBe(process.pid);
    await claim.release();
  });
});
