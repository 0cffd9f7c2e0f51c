/** LI-5. `warned`: identity or times are weak there, moves are proven by content. */
export type FileSystemVerdict = 'supported' | 'warned' | 'refused';

const SUPPORTED = new Set([
  'ext4',
  'xfs',
  'btrfs',
  'zfs',
  'ntfs',
  'ntfs3',
  'fuseblk',
  'refs',
  'apfs',
  'hfs',
  'hfsplus',
]);

/** Other machines' disks: their changes are not told, their ids are not stable, and absence cannot be proven. */
const NETWORK = new Set([
  '9p',
  'afs',
  'beegfs',
  'ceph',
  'cifs',
  'davfs',
  'gfs2',
  'glusterfs',
  'lustre',
  'ncpfs',
  'nfs',
  'nfs4',
  'ocfs2',
  'smb3',
  'smbfs',
  'virtiofs',
]);
/** What the kernel makes up, and what nobody can write. */
const NO_DISK = new Set(['autofs', 'cgroup', 'cgroup2', 'configfs', 'debugfs', 'devpts', 'devtmpfs', 'proc', 'sysfs']);

export function judgeFileSystem(fileSystem: string): FileSystemVerdict {
  if (SUPPORTED.has(fileSystem)) return 'supported';
  if (NETWORK.has(fileSystem) || NO_DISK.has(fileSystem)) return 'refused';
  // Programs behind FUSE mostly stand for something remote (sshfs, rclone, gvfs).
  return fileSystem.startsWith('fuse.') ? 'refused' : 'warned';
}
