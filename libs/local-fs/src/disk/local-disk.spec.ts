import {
  appendFileSync,
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  closeSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256Hex } from '../hash/chunker.ts';
import { RACY_CTIME } from '../stat/sig.ts';
import { createDiskWorld, request, type DiskWorld } from './disk-world.fixture.ts';
import { GRACE_MS } from './settle-displaced.ts';

let world: DiskWorld;

beforeEach(() => {
  world = createDiskWorld();
});
afterEach(() => world.close());

const CHANGED = { t: 'changed' };
const placeOne = async (...args: Parameters<typeof request>) => (await world.disk.place([request(...args)]))[0];

describe('placing files', () => {
  it('[B02] puts a new file in place with its time, and tells the signature it has', async () => {
    const placed = await placeOne('a.txt', 'A');
    expect(placed).toEqual({ t: 'done', sig: world.sig('a.txt') });
    expect(world.tree()).toEqual({ 'a.txt': 'A' });
    expect(Math.floor(statSync(world.path('a.txt')).mtimeMs)).toBe(1_700_000_000_123);
    expect(world.staged()).toEqual([]);
  });

  it('[BI-6] keeps the executable bit, for everybody who may read', async () => {
    await placeOne('run', 'x', { meta: { mtimeMs: 0, exec: true } });
    await placeOne('plain', 'x', { meta: { mtimeMs: 0, exec: false } });
    const rights = (name: string) => statSync(world.path(name)).mode & 0o777;
    expect(rights('plain')).toBe(0o666 & ~process.umask());
    expect(rights('run') & 0o111).toBe((rights('plain') & 0o444) >> 2);
  });

  it.each([0, 1, 999, 1_700_000_000_001, 4_102_444_800_999, -1, -86_400_001])(
    '[B18] keeps a time of %i ms',
    async (mtimeMs) => {
      await placeOne('a', 'A', { meta: { mtimeMs, exec: false } });
      const { mtimeNs } = statSync(world.path('a'), { bigint: true });
      expect(Number(mtimeNs / 1_000_000n) - (mtimeNs % 1_000_000n < 0n ? 1 : 0)).toBe(mtimeMs);
    },
  );

  it('[R06] never overwrites a file that it does not know', async () => {
    world.write('a.txt', 'mine');
    expect(await placeOne('a.txt', 'theirs')).toEqual(CHANGED);
    expect(world.tree()).toEqual({ 'a.txt': 'mine' });
    expect(world.staged()).toEqual([]);
  });

  it('[B04] replaces the expected file, keeps who may read it, and keeps the old bytes aside', async () => {
    const sig = world.write('a.txt', 'old');
    chmodSync(world.path('a.txt'), 0o600);
    const placed = await placeOne('a.txt', 'new', { replaces: world.sig('a.txt') });
    expect(placed).toMatchObject({ t: 'done' });
    expect(sig.fileId).not.toBe(world.sig('a.txt').fileId);
    expect(world.tree()).toEqual({ 'a.txt': 'new' });
    expect(statSync(world.path('a.txt')).mode & 0o777).toBe(0o600);
    expect(world.staged().map((name) => world.text(name))).toEqual(['old']);
  });

  it('[R07] refuses to replace a file that was edited since', async () => {
    const sig = world.write('a.txt', 'old');
    appendFileSync(world.path('a.txt'), ' and more');
    expect(await placeOne('a.txt', 'new', { replaces: sig })).toEqual(CHANGED);
    unlinkSync(world.path('a.txt'));
    expect(await placeOne('a.txt', 'new', { replaces: sig })).toEqual(CHANGED);
    expect(world.tree()).toEqual({});
  });

  it('[R11] never follows a link that was put in place of a folder', async () => {
    mkdirSync(join(world.root, '../outside'));
    symlinkSync(join(world.root, '../outside'), world.path('d'));
    expect(await placeOne('d/a', 'A')).toEqual({ t: 'refused', code: 'ELOOP' });
    writeFileSync(join(world.root, '../outside/x'), 'X');
    const sig = world.sig('d/x');
    expect(await world.disk.trashFile('1', 'd/x', sig)).toEqual({ t: 'refused', code: 'ELOOP' });
    expect(await world.disk.move('d/x', 'x', { expect: sig })).toEqual({ t: 'refused', code: 'ELOOP' });
    expect(await world.disk.makeFolder('d/new')).toEqual({ t: 'refused', code: 'ELOOP' });
    expect(readdirSync(join(world.root, '../outside'))).toEqual(['x']);
  });

  it('[R11] replaces no link and writes through none', async () => {
    writeFileSync(join(world.root, '../secret'), 'S');
    symlinkSync(join(world.root, '../secret'), world.path('a'));
    expect(await placeOne('a', 'A')).toEqual(CHANGED);
    expect(await world.disk.setMeta('a', world.sig('a'), { mtimeMs: 0, exec: true })).toMatchObject({ t: 'refused' });
    expect(readFileSync(join(world.root, '../secret'), 'utf8')).toBe('S');
  });

  it('answers each request of a batch by itself, in order', async () => {
    world.write('taken', 'mine');
    mkdirSync(world.path('d'));
    const requests = ['d/1', 'taken', 'gone/2', 'd/3'].map((path) => request(path, path));
    const answers = await world.disk.place(requests);
    expect(answers.map((answer) => answer.t)).toEqual(['done', 'changed', 'changed', 'done']);
    expect(world.tree()).toEqual({ taken: 'mine', 'd/1': 'd/1', 'd/3': 'd/3' });
    expect(world.staged()).toEqual([]);
  });

  it('[M28] leaves the other name of a hard link alone', async () => {
    world.write('a', 'old');
    linkSync(world.path('a'), world.path('b'));
    await placeOne('a', 'new', { replaces: world.sig('a') });
    expect(world.tree()).toEqual({ a: 'new', b: 'old' });
  });

  it('keeps staging to itself', async () => {
    await placeOne('a', 'A');
    expect(statSync(world.path('.tideline~sync')).mode & 0o777).toBe(0o700);
  });
});

describe('late writers', () => {
  it('[R08] brings back what a program wrote to a file after it was replaced', async () => {
    world.write('d/report.txt', 'old');
    const fd = openSync(world.path('d/report.txt'), 'a');
    await placeOne('d/report.txt', 'new', { replaces: world.sig('d/report.txt') });
    writeSync(fd, ' + late');
    closeSync(fd);
    expect(await world.disk.settleDisplaced(Date.now())).toEqual([]);
    const rescued = await world.disk.settleDisplaced(Date.now() + GRACE_MS + 1000);
    expect(rescued).toEqual([{ rescuedTo: 'd/report (late change).txt' }]);
    expect(world.tree()).toEqual({ 'd/report.txt': 'new', 'd/report (late change).txt': 'old + late' });
    expect(world.staged()).toEqual([]);
  });

  it('lets go of a displaced file that nobody touched, after its grace', async () => {
    world.write('a', 'old');
    await placeOne('a', 'new', { replaces: world.sig('a') });
    expect(await world.disk.settleDisplaced(Date.now() + GRACE_MS + 1000)).toEqual([]);
    expect(world.staged()).toEqual([]);
    expect(world.tree()).toEqual({ a: 'new' });
  });

  it('makes no staging folder where there is none', async () => {
    await world.disk.settleDisplaced(Date.now());
    await world.disk.recover(new Set());
    expect(readdirSync(world.root)).toEqual([]);
  });
});

describe('moves', () => {
  it('[M02] moves a file and a folder by their identity', async () => {
    world.write('a', 'A');
    world.write('d/x', 'X');
    mkdirSync(world.path('e'));
    expect(await world.disk.move('a', 'e/b', { expect: world.sig('a') })).toEqual({ t: 'done', sig: world.sig('e/b') });
    const { fileId } = world.sig('d');
    expect(await world.disk.move('d', 'e/d', { expect: world.sig('d') })).toMatchObject({ t: 'done', sig: { fileId } });
    expect(world.tree()).toEqual({ 'e/b': 'A', 'e/d/x': 'X' });
    expect(world.staged()).toEqual([]);
  });

  it('[R20] moves nothing over what is there, and nothing that has changed', async () => {
    const sig = world.write('a', 'A');
    world.write('b', 'B');
    mkdirSync(world.path('empty'));
    expect(await world.disk.move('a', 'b', { expect: sig })).toEqual(CHANGED);
    expect(await world.disk.move('a', 'empty', { expect: sig })).toEqual(CHANGED);
    appendFileSync(world.path('a'), '2');
    expect(await world.disk.move('a', 'c', { expect: sig })).toEqual(CHANGED);
    expect(await world.disk.move('gone', 'c', { expect: sig })).toEqual(CHANGED);
    expect(world.tree()).toEqual({ a: 'A2', b: 'B' });
  });

  it('[M19] changes the case of a name', async () => {
    const sig = world.write('readme', 'R');
    expect(await world.disk.move('readme', 'README', { expect: sig })).toMatchObject({ t: 'done' });
    expect(world.tree()).toEqual({ README: 'R' });
  });

  it('[M09] exchanges two names by way of staging', async () => {
    const a = world.write('a', 'A');
    const b = world.write('b', 'B');
    expect(await world.disk.moveToStaging('staged-1', 'a', a)).toEqual({ t: 'done' });
    expect(await world.disk.move('b', 'a', { expect: b })).toMatchObject({ t: 'done' });
    expect(await world.disk.unstage('staged-1', 'b')).toEqual({ t: 'done', sig: world.sig('b') });
    expect(world.tree()).toEqual({ a: 'B', b: 'A' });
    expect(world.staged()).toEqual([]);
  });

  it('[SY-40] puts nothing into a folder that took the place of the one it was meant for', async () => {
    for (const name of ['d', 'e']) mkdirSync(world.path(name));
    const [into, sig] = [world.sig('e'), world.write('a', 'A')];
    const staged = world.write('b', 'B');
    await world.disk.moveToStaging('staged-1', 'b', staged);
    expect(await placeOne('d/f', 'F', { into })).toEqual(CHANGED);
    expect(await world.disk.makeFolder('d/g', into)).toEqual(CHANGED);
    expect(await world.disk.move('a', 'd/a', { expect: sig, into })).toEqual(CHANGED);
    expect(await world.disk.unstage('staged-1', 'd/b', into)).toEqual(CHANGED);
    expect(readdirSync(world.path('d'))).toEqual([]);
    expect(await placeOne('e/f', 'F', { into })).toMatchObject({ t: 'done' });
    expect(world.tree()).toEqual({ a: 'A', b: 'B', 'e/f': 'F' });
  });

  it('makes a folder once', async () => {
    expect(await world.disk.makeFolder('d')).toEqual({ t: 'done', sig: world.sig('d') });
    expect(await world.disk.makeFolder('d')).toEqual(CHANGED);
    expect(await world.disk.makeFolder('gone/d')).toEqual(CHANGED);
  });
});

describe('metadata', () => {
  it('[BI-6] sets time and executable bit of the expected file only', async () => {
    const sig = world.write('a', 'A');
    const set = await world.disk.setMeta('a', sig, { mtimeMs: 1_600_000_000_500, exec: true });
    expect(set).toEqual({ t: 'done', sig: { ...world.sig('a'), ctimeNs: RACY_CTIME } });
    expect(statSync(world.path('a')).mode & 0o100).toBe(0o100);
    expect(Math.floor(statSync(world.path('a')).mtimeMs)).toBe(1_600_000_000_500);
    expect(await world.disk.setMeta('a', sig, { mtimeMs: 0, exec: false })).toEqual(CHANGED);
  });
});

describe('the trash', () => {
  it('[BI-3] takes a file with the note that brings it back', async () => {
    const sig = world.write('d/ä b.txt', 'A');
    expect(await world.disk.trashFile('op', 'd/ä b.txt', sig)).toEqual({ t: 'done' });
    expect(world.tree()).toEqual({});
    expect(readFileSync(join(world.trash, 'files/ä b.txt'), 'utf8')).toBe('A');
    const info = readFileSync(join(world.trash, 'info/ä b.txt.trashinfo'), 'utf8');
    const path = join(world.root, 'd').split('/').map(encodeURIComponent).join('/');
    expect(info.split('\n').slice(0, 2)).toEqual(['[Trash Info]', `Path=${path}/%C3%A4%20b.txt`]);
    expect(info).toMatch(/\nDeletionDate=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\n$/);
    expect(world.staged()).toEqual([]);
  });

  it('[BI-3] keeps files of one name apart', async () => {
    for (const folder of ['a', 'b']) {
      const sig = world.write(`${folder}/x.txt`, folder);
      await world.disk.trashFile(folder, `${folder}/x.txt`, sig);
    }
    expect(readdirSync(join(world.trash, 'files')).sort()).toEqual(['x.2.txt', 'x.txt']);
  });

  it('[R09] leaves a file that was edited since', async () => {
    const sig = world.write('a', 'A');
    appendFileSync(world.path('a'), '2');
    expect(await world.disk.trashFile('op', 'a', sig)).toEqual(CHANGED);
    expect(world.tree()).toEqual({ a: 'A2' });
  });

  it('[SA-1] puts the file back when there is no trash to be had', async () => {
    writeFileSync(world.trash, 'a file where the trash should be');
    const sig = world.write('a', 'A');
    expect(await world.disk.trashFile('op', 'a', sig)).toMatchObject({ t: 'refused' });
    expect(world.tree()).toEqual({ a: 'A' });
  });
});

describe('removing folders', () => {
  it('[R10] [C21] removes no folder in which anything is', async () => {
    world.write('d/new', 'N');
    world.write('d/.DS_Store', '');
    expect(await world.disk.removeFolder('d')).toEqual(CHANGED);
    expect(world.tree()).toEqual({ 'd/new': 'N', 'd/.DS_Store': '' });
  });

  it('[C22] removes a folder with nothing but leftovers of file managers', async () => {
    world.write('d/.DS_Store', '');
    world.write('d/Thumbs.db', '');
    expect(await world.disk.removeFolder('d')).toEqual({ t: 'done' });
    expect(existsSync(world.path('d'))).toBe(false);
  });

  it('[SY-40] removes no empty folder that took the place of the one that was seen', async () => {
    mkdirSync(world.path('d'));
    const seen = world.sig('d');
    renameSync(world.path('d'), world.path('moved'));
    mkdirSync(world.path('d'));
    expect(await world.disk.removeFolder('d', seen)).toEqual(CHANGED);
    expect([existsSync(world.path('d')), existsSync(world.path('moved'))]).toEqual([true, true]);
    expect(await world.disk.removeFolder('moved', seen)).toEqual({ t: 'done' });
  });

  it('never removes the root', async () => {
    expect(await world.disk.removeFolder('')).toMatchObject({ t: 'refused' });
    expect(existsSync(world.root)).toBe(true);
  });
});

describe('reading', () => {
  it('reads the expected file, small or large, and no other', async () => {
    const sig = world.write('a', 'A');
    const large = 'x'.repeat(300_000);
    const largeSig = world.write('large', large);
    expect(await world.disk.read('a', sig)).toMatchObject({ t: 'done', bytes: Buffer.from('A') });
    const read = await world.disk.read('large', largeSig);
    expect(read.t === 'done' && Buffer.from(read.bytes).toString()).toBe(large);
    expect(await world.disk.read('a', largeSig)).toEqual(CHANGED);
    expect(await world.disk.read('gone', sig)).toEqual(CHANGED);
    renameSync(world.path('large'), world.path('other'));
    expect(await world.disk.read('large', largeSig)).toEqual(CHANGED);
  });

  it('reads one part of a file, and cuts a file into its parts', async () => {
    const sig = world.write('a', '0123456789');
    const chunk = { hash: sha256Hex('345') as never, size: 3 };
    expect(await world.disk.readChunk('a', sig, { offset: 3, chunk })).toMatchObject({ bytes: Buffer.from('345') });
    const manifest = await world.disk.manifest('a', sig);
    const contentId = sha256Hex('0123456789');
    expect(manifest).toEqual({ t: 'done', contentId, chunks: [{ hash: contentId, size: 10 }] });
  });

  it('[GU-5] tells the room on the disk', async () => {
    const { freeBytes, totalBytes } = await world.disk.freeBytes();
    expect(freeBytes).toBeGreaterThan(0);
    expect(totalBytes).toBeGreaterThanOrEqual(freeBytes);
  });
});

describe('after a crash', () => {
  const old = (name: string) => world.path(`.tideline~sync/old/${name}`);

  const displace = async (opId: string): Promise<void> => {
    world.write('a.txt', 'old');
    await placeOne('a.txt', 'new', { opId, replaces: world.sig('a.txt') });
  };

  it('[K01] puts a displaced file back when its place is still empty', async () => {
    await displace('op1');
    unlinkSync(world.path('a.txt'));
    expect(await world.disk.recover(new Set(['op1']))).toEqual(['a.txt']);
    expect(world.tree()).toEqual({ 'a.txt': 'old' });
    expect(world.staged()).toEqual([]);
  });

  it('[K01] keeps it aside when the operation was over, even if a person deleted the file since', async () => {
    await displace('op1');
    unlinkSync(world.path('a.txt'));
    await world.disk.recover(new Set(['another']));
    expect(world.tree()).toEqual({});
    expect(world.staged()).toHaveLength(1);
  });

  it('[K09] brings nodes hidden in a cycle of renames back, beside what stands in their place', async () => {
    const a = world.write('d/a', 'A');
    await world.disk.moveToStaging('staged-1', 'd/a', a);
    world.write('d/a', 'somebody else');
    expect(await world.disk.recover(new Set())).toEqual(['d/a (rescued)']);
    expect(world.tree()).toEqual({ 'd/a': 'somebody else', 'd/a (rescued)': 'A' });
  });

  it('[K07] rescues what nobody can say anything about, and drops bytes of the cloud', async () => {
    await displace('op1');
    const [name = ''] = world.staged();
    rmSync(`${world.path(name)}.json`);
    writeFileSync(old('unknown'), 'whose?');
    writeFileSync(world.path('.tideline~sync/new/half'), 'ha');
    const rescued = await world.disk.recover(new Set());
    expect([...rescued].sort()).toEqual(['op1 (rescued)', 'unknown (rescued)']);
    expect(world.tree()).toEqual({ 'a.txt': 'new', 'op1 (rescued)': 'old', 'unknown (rescued)': 'whose?' });
    expect(world.staged()).toEqual([]);
  });
});
