import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkSyncFolder, type SyncFolderFacts } from './check-sync-folder.ts';
import { findForbidden } from './forbidden-folders.ts';
import { findMount, parseMountInfo, type Mount } from './mounts.ts';

let home: string;
let folder: string;
let facts: SyncFolderFacts;

const ext4: Mount = { mountPoint: '/', root: '/', fileSystem: 'ext4', source: '/dev/sda1' };

beforeEach(() => {
  home = realpathSync(mkdtempSync(join(tmpdir(), 'tideline-check-')));
  folder = join(home, 'docs');
  mkdirSync(folder);
  facts = { otherRoots: [], agentHome: join(home, 'state'), mode: 'bidirectional', home, mounts: [ext4] };
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const codeOf = (path: string, change: Partial<SyncFolderFacts> = {}) => {
  const check = checkSyncFolder(path, { ...facts, ...change });
  return check.t === 'ok' ? 'ok' : check.code;
};

describe('[LI-6] local folders', () => {
  it('takes an ordinary folder, and names it without links', () => {
    symlinkSync(home, `${home}-link`);
    const check = checkSyncFolder(join(`${home}-link`, 'docs'), facts);
    rmSync(`${home}-link`);
    expect(check).toEqual({ t: 'ok', path: folder, fileSystem: 'ext4', isWarned: false });
  });

  it.each(['/', '/etc', '/etc/ssl', '/usr/share/doc', '/lib64', '/proc/self', '/dev', '/home', '/home/anna', '/root'])(
    'refuses %s',
    (path) => {
      expect(checkSyncFolder(path, facts)).toMatchObject({ t: 'refused', code: 'FOLDER_FORBIDDEN' });
    },
  );

  it.each(['C:\\', 'C:\\Windows\\Temp', 'c:\\program files\\x', 'C:\\Users', 'C:\\Users\\anna'])(
    'refuses %s',
    (path) => {
      expect(findForbidden(path, { platform: 'win32', home: 'C:\\Users\\bob' })).toBeDefined();
    },
  );

  it.each(['/System/x', '/Library', '/Applications/A.app', '/Users/anna'])('refuses %s of a Mac', (path) => {
    expect(findForbidden(path, { platform: 'darwin', home: '/Users/bob' })).toBeDefined();
  });

  it('allows a folder inside a home, wherever that is', () => {
    expect(findForbidden('/home/anna/docs', { platform: 'linux', home: '/home/anna' })).toBeUndefined();
    expect(findForbidden('C:\\Users\\anna\\Docs', { platform: 'win32', home: 'C:\\Users\\anna' })).toBeUndefined();
  });

  it('refuses the home folder itself, also through a link above it', () => {
    expect(codeOf(home)).toBe('FOLDER_FORBIDDEN');
    symlinkSync(join(home, '..'), join(home, 'up'));
    expect(codeOf(join(home, 'up', home.slice(home.lastIndexOf('/') + 1)))).toBe('FOLDER_FORBIDDEN');
  });

  it('refuses a system folder that is reached by a link above it', () => {
    symlinkSync('/usr', join(folder, 'u'));
    expect(codeOf(join(folder, 'u/share'))).toBe('FOLDER_FORBIDDEN');
  });

  it('refuses what is missing, a link, or no folder, each with its own words', () => {
    expect(codeOf(join(home, 'nowhere'))).toBe('FOLDER_MISSING');
    symlinkSync(folder, join(home, 'link'));
    expect(codeOf(join(home, 'link'))).toBe('FOLDER_FORBIDDEN');
    writeFileSync(join(home, 'file'), '');
    expect(codeOf(join(home, 'file'))).toBe('FOLDER_FORBIDDEN');
    expect(codeOf(join(home, 'file', 'below'))).toBe('FOLDER_MISSING');
  });

  it('[F14] refuses a folder that is, lies in or lies around the folder of another task', () => {
    mkdirSync(join(folder, 'sub'));
    const other = (path: string) => ({ otherRoots: [{ path, task: 'Docs' }] });
    expect(codeOf(folder, other(folder))).toBe('FOLDER_OVERLAPS');
    expect(codeOf(join(folder, 'sub'), other(folder))).toBe('FOLDER_OVERLAPS');
    expect(codeOf(folder, other(join(folder, 'sub')))).toBe('FOLDER_OVERLAPS');
    expect(codeOf(folder, other(`${folder}2`))).toBe('ok');
    expect(codeOf(folder, other(join(home, '..docs')))).toBe('ok');
  });

  it('refuses the state of the agent, and what lies around it', () => {
    expect(codeOf(folder, { agentHome: folder })).toBe('FOLDER_FORBIDDEN');
    expect(codeOf(folder, { agentHome: join(folder, 'state') })).toBe('FOLDER_FORBIDDEN');
    mkdirSync(join(folder, 'state/x'), { recursive: true });
    expect(codeOf(join(folder, 'state/x'), { agentHome: join(folder, 'state') })).toBe('FOLDER_FORBIDDEN');
  });

  it('refuses the root of another sync product and what lies in it', () => {
    mkdirSync(join(folder, 'sub'));
    mkdirSync(join(folder, '.stfolder'));
    expect(codeOf(folder)).toBe('FOLDER_FORBIDDEN');
    expect(codeOf(join(folder, 'sub'))).toBe('FOLDER_FORBIDDEN');
  });

  it('refuses the root of a mounted drive', () => {
    const usb: Mount = { mountPoint: folder, root: '/', fileSystem: 'ext4', source: '/dev/sdb1' };
    expect(codeOf(folder, { mounts: [ext4, usb] })).toBe('FOLDER_FORBIDDEN');
  });

  // Root reads and writes everything: for root there is nothing to refuse.
  it.skipIf(process.getuid?.() === 0)(
    'refuses what cannot be read, and for both directions what cannot be written',
    () => {
      chmodSync(folder, 0o500);
      expect([codeOf(folder), codeOf(folder, { mode: 'upload' })]).toEqual(['FOLDER_UNREADABLE', 'ok']);
      chmodSync(folder, 0o300);
      expect(codeOf(folder, { mode: 'upload' })).toBe('FOLDER_UNREADABLE');
      chmodSync(folder, 0o700);
    },
  );
});

describe('[LI-5] file systems', () => {
  it.each([
    ['ext4', 'ok'],
    ['btrfs', 'ok'],
    ['nfs4', 'FILE_SYSTEM_REFUSED'],
    ['cifs', 'FILE_SYSTEM_REFUSED'],
    ['fuse.sshfs', 'FILE_SYSTEM_REFUSED'],
    ['overlay', 'ok'],
    ['vfat', 'ok'],
  ])('answers for %s: %s', (fileSystem, answer) => {
    expect(codeOf(folder, { mounts: [{ ...ext4, fileSystem }] })).toBe(answer);
  });

  it('warns where identity or times are weak', () => {
    for (const fileSystem of ['overlay', 'tmpfs', 'vfat', 'exfat']) {
      const check = checkSyncFolder(folder, { ...facts, mounts: [{ ...ext4, fileSystem }] });
      expect(check).toMatchObject({ t: 'ok', isWarned: true });
    }
  });

  it('reads the mounts of the kernel, odd names and mounts over mounts included', () => {
    const mounts = parseMountInfo(
      [
        '27 1 254:0 / / rw,relatime - ext4 /dev/vda rw',
        '30 27 0:25 /sub /mnt/my\\040disk rw shared:1 - btrfs /dev/sdb1 rw',
        '31 30 0:26 / /mnt/my\\040disk rw - nfs4 server:/x rw',
        '',
      ].join('\n'),
    );
    expect(findMount(mounts, '/mnt/my disk/a')).toMatchObject({ fileSystem: 'nfs4', mountPoint: '/mnt/my disk' });
    expect(findMount(mounts, '/mnt/my disk2')).toMatchObject({ fileSystem: 'ext4', mountPoint: '/' });
  });
});
