import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { findBlockingFolder, mayPass } from './traversal.ts';

const account = { uid: 101, gid: 104 };

describe('mayPass', () => {
  it.each([
    ['a 0700 folder of root', { mode: 0o40700, uid: 0, gid: 0 }, false],
    ['a 0711 folder of root', { mode: 0o40711, uid: 0, gid: 0 }, true],
    ['a 0700 folder of its own', { mode: 0o40700, uid: 101, gid: 0 }, true],
    ['a 0750 folder of its group', { mode: 0o40750, uid: 0, gid: 104 }, true],
    ['a 0701 folder of its group, which the group may not pass', { mode: 0o40701, uid: 0, gid: 104 }, false],
    ['a 0077 folder of its own, which the owner may not pass', { mode: 0o40077, uid: 101, gid: 0 }, false],
  ])('%s: %s', (_, folder, passes) => {
    expect(mayPass(folder, account)).toBe(passes);
  });
});

describe('findBlockingFolder', () => {
  it('names the folder in the way, and none when the way is free', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'tideline-way-'));
    const stranger = { uid: 65_533, gid: 65_533 };
    expect(await findBlockingFolder(path.join(folder, 'a/b'), stranger)).toBe(folder);
    await chmod(folder, 0o711);
    expect(await findBlockingFolder(path.join(folder, 'a/b'), stranger)).toBeUndefined();
    await rm(folder, { recursive: true });
  });
});
