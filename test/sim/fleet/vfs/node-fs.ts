import { constants as real } from 'node:fs';
import { FsError, NO_BYTES, type Inode } from './inode.ts';
import type { Machine } from './machine.ts';

/** Node's synchronous file system functions, as far as `libs/local-fs` uses them, on the virtual machines. */
export const constants = real;

const MACHINES = new Map<string, Machine>();
type Handle = { readonly machine: Machine; readonly inode: Inode; readonly path: string; at: number; append: boolean };
const HANDLES = new Map<number, Handle>();
let nextFd = 1000;

export const mountPoint = (machine: Machine): string => `/sim/${machine.options.name}`;

export function mount(machine: Machine): void {
  MACHINES.set(machine.options.name, machine);
}

export function unmountAll(): void {
  MACHINES.clear();
  HANDLES.clear();
}

/** The process that held them is gone. */
export function dropHandles(machine: Machine): void {
  for (const [fd, handle] of HANDLES) {
    if (handle.machine !== machine) continue;
    HANDLES.delete(fd);
    machine.closeHandle(handle.inode);
  }
}

type Place = { readonly machine: Machine; readonly folder: Inode; readonly name: string; readonly path: string };

const FD_PATH = /^\/proc\/self\/fd\/(\d+)\/?(.*)$/s;

/** The folder and the name of a path. A path that ends in a folder itself (`.`, or a mount) has the name ''. */
function placeOf(path: string): Place {
  const byFd = FD_PATH.exec(path);
  if (byFd) {
    const handle = handleOf(Number(byFd[1]));
    return descend(handle.machine, {
      from: handle.inode,
      rest: byFd[2] ?? '',
      path: `${handle.path}/${byFd[2] ?? ''}`,
    });
  }
  const [, sim, name = ''] = path.split('/', 3);
  const machine = sim === 'sim' ? MACHINES.get(name) : undefined;
  if (!machine) throw new FsError('ENOENT', path);
  const rest = path.slice(`/sim/${name}/`.length);
  return descend(machine, { from: machine.top, rest, path });
}

function descend(machine: Machine, { from, rest, path }: { from: Inode; rest: string; path: string }): Place {
  const names = rest.split('/').filter((name) => name !== '' && name !== '.');
  const last = names.pop() ?? '';
  let folder = from;
  for (const name of names) {
    enter(folder, path);
    const next = machine.find(folder, name);
    if (!next) throw new FsError('ENOENT', path);
    folder = next;
  }
  if (last !== '') enter(folder, path);
  return { machine, folder, name: last, path };
}

function enter(folder: Inode, path: string): void {
  if (folder.kind !== 'folder') throw new FsError('ENOTDIR', path);
  if (folder.refusal) throw new FsError(folder.refusal, path);
}

function findAt({ machine, folder, name }: Place): Inode | undefined {
  return name === '' ? folder : machine.find(folder, name);
}

function at(place: Place): Inode {
  const inode = findAt(place);
  if (!inode) throw new FsError('ENOENT', place.path);
  return inode;
}

function call(name: string, path: string): Place {
  const before = placeOf(path);
  before.machine.beforeCall(name, before.path);
  // Somebody may have acted in between.
  return placeOf(path);
}

function change(name: string, path: string): Place {
  const place = call(name, path);
  place.machine.onEngineWrite(name, place.path);
  return place;
}

function handleOf(fd: number): Handle {
  const handle = HANDLES.get(fd);
  if (!handle) throw new FsError('EBADF', String(fd));
  return handle;
}

function callFd(name: string, fd: number): Handle {
  const handle = handleOf(fd);
  handle.machine.beforeCall(name, handle.path);
  return handle;
}

function flagsOf(flags: number | string): number {
  if (typeof flags === 'number') return flags;
  const known: Record<string, number> = {
    r: real.O_RDONLY,
    w: real.O_WRONLY | real.O_CREAT | real.O_TRUNC,
    wx: real.O_WRONLY | real.O_CREAT | real.O_EXCL,
    a: real.O_WRONLY | real.O_CREAT | real.O_APPEND,
  };
  return known[flags] ?? raise('EINVAL', flags);
}

function raise(code: string, what: string): never {
  throw new FsError(code, what);
}

export function openSync(path: string, flags: number | string = 'r', mode = 0o666): number {
  const wanted = flagsOf(flags);
  const isWrite = (wanted & (real.O_WRONLY | real.O_RDWR)) !== 0;
  const place = isWrite ? change('open', path) : call('open', path);
  const inode = openInode(place, wanted, mode);
  inode.open += 1;
  const fd = nextFd++;
  HANDLES.set(fd, { machine: place.machine, inode, path: place.path, at: 0, append: (wanted & real.O_APPEND) !== 0 });
  return fd;
}

function openInode(place: Place, flags: number, mode: number): Inode {
  const there = findAt(place);
  if (!there && (flags & real.O_CREAT) === 0) raise('ENOENT', place.path);
  if (!there) return place.machine.create(place.folder, place.name, { kind: 'file', mode: mode & ~0o022 });
  if ((flags & real.O_EXCL) !== 0) raise('EEXIST', place.path);
  if ((flags & real.O_DIRECTORY) !== 0 && there.kind !== 'folder') raise('ENOTDIR', place.path);
  if (there.refusal) raise(there.refusal, place.path);
  if ((flags & real.O_TRUNC) !== 0) place.machine.write(there, NO_BYTES);
  return there;
}

export function closeSync(fd: number): void {
  const handle = HANDLES.get(fd);
  if (!handle) return;
  HANDLES.delete(fd);
  handle.machine.closeHandle(handle.inode);
}

type ReadArgs = [into: Uint8Array, offset?: number, length?: number, position?: number | null];

export function readSync(
  fd: number,
  ...[into, offset = 0, length = into.length - offset, position = null]: ReadArgs
): number {
  const handle = callFd('read', fd);
  const from = position ?? handle.at;
  const part = handle.inode.data.subarray(from, from + length);
  into.set(part, offset);
  if (position === null) handle.at += part.length;
  return part.length;
}

type WriteArgs = [bytes: Uint8Array | string, offset?: number, length?: number, position?: number | null];

export function writeSync(fd: number, ...[bytes, offset = 0, length, position = null]: WriteArgs): number {
  const handle = callFd('write', fd);
  handle.machine.onEngineWrite('write', handle.path);
  const whole = typeof bytes === 'string' ? Buffer.from(bytes) : bytes;
  const part = whole.subarray(offset, length === undefined ? undefined : offset + length);
  const { data } = handle.inode;
  const from = position ?? (handle.append ? data.length : handle.at);
  const next = new Uint8Array(Math.max(data.length, from + part.length));
  next.set(data);
  next.set(part, from);
  handle.machine.write(handle.inode, next);
  if (position === null) handle.at = from + part.length;
  return part.length;
}

export function ftruncateSync(fd: number, size: number): void {
  const { machine, inode, path } = callFd('truncate', fd);
  machine.onEngineWrite('truncate', path);
  const next = new Uint8Array(size);
  next.set(inode.data.subarray(0, size));
  machine.write(inode, next);
}

export function fsyncSync(fd: number): void {
  const { machine, inode } = callFd('fsync', fd);
  machine.sync(inode);
}

export function fchmodSync(fd: number, mode: number): void {
  const { machine, inode, path } = callFd('chmod', fd);
  machine.onEngineWrite('chmod', path);
  machine.setMode(inode, mode);
}

export function futimesSync(fd: number, _atime: number | string, mtime: number | string): void {
  const { machine, inode, path } = callFd('utimes', fd);
  machine.onEngineWrite('utimes', path);
  machine.setTimes(inode, BigInt(Math.round(Number(mtime) * 1000)) * 1_000_000n);
}

type StatOptions = { readonly bigint?: boolean; readonly throwIfNoEntry?: boolean };

export function fstatSync(fd: number, options: StatOptions = {}): object {
  const { machine, inode } = callFd('fstat', fd);
  return statsOf(machine, inode, options);
}

export function lstatSync(path: string, options: StatOptions = {}): object | undefined {
  try {
    const place = call('lstat', path);
    return statsOf(place.machine, at(place), options);
  } catch (error) {
    if (options.throwIfNoEntry === false && error instanceof FsError && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

class Stats {
  readonly #isFolder: boolean;
  constructor(values: object, isFolder: boolean) {
    Object.assign(this, values);
    this.#isFolder = isFolder;
  }
  isDirectory(): boolean {
    return this.#isFolder;
  }
  isFile(): boolean {
    return !this.#isFolder;
  }
  isSymbolicLink(): boolean {
    return false;
  }
}

function statsOf(machine: Machine, inode: Inode, { bigint = false }: StatOptions): Stats {
  const isFolder = inode.kind === 'folder';
  const { dev } = machine.options;
  const mode = inode.mode | (isFolder ? real.S_IFDIR : real.S_IFREG);
  const size = inode.data.length;
  if (!bigint) return new Stats({ dev, mode, size, ino: inode.ino, nlink: inode.links }, isFolder);
  const { mtimeNs, ctimeNs, birthNs: birthtimeNs } = inode;
  const numbers = { ino: BigInt(inode.ino), nlink: BigInt(inode.links), size: BigInt(size), mode: BigInt(mode) };
  return new Stats({ ...numbers, dev: BigInt(dev), mtimeNs, ctimeNs, birthtimeNs }, isFolder);
}

export function existsSync(path: string): boolean {
  if (path === '/proc/self/fd') return true;
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

export const realpathSync = (path: string): string => path;

export function readdirSync(path: string): string[] {
  const place = call('readdir', path);
  const inode = at(place);
  enter(inode, path);
  return place.machine.names(inode);
}

export function opendirSync(path: string): { closeSync(): void } {
  readdirSync(path);
  return { closeSync: () => undefined };
}

export function mkdirSync(path: string, options: number | { recursive?: boolean; mode?: number } = {}): void {
  const { recursive = false, mode = 0o777 } = typeof options === 'number' ? { mode: options } : options;
  if (recursive) return makeAll(path);
  const place = change('mkdir', path);
  place.machine.create(place.folder, place.name, { kind: 'folder', mode });
}

function makeAll(path: string): void {
  const parts = path.split('/');
  for (let count = 4; count <= parts.length; count++) {
    const part = parts.slice(0, count).join('/');
    if (!existsSync(part)) mkdirSync(part);
  }
}

export function rmdirSync(path: string): void {
  const { machine, folder, name } = change('rmdir', path);
  machine.removeFolder(folder, name);
}

export function unlinkSync(path: string): void {
  const { machine, folder, name } = change('unlink', path);
  machine.unlink(folder, name);
}

export function renameSync(from: string, to: string): void {
  change('rename', from);
  const target = change('rename', to);
  const source = placeOf(from);
  source.machine.rename(source.folder, source.name, target);
}

export function linkSync(from: string, to: string): void {
  const target = change('link', to);
  target.machine.link(at(placeOf(from)), target.folder, target.name);
}

export function copyFileSync(from: string, to: string): void {
  const { data } = at(call('read', from));
  const target = change('open', to);
  target.machine.write(target.machine.create(target.folder, target.name, { kind: 'file' }), data);
}

export function readFileSync(path: string): string {
  if (path.startsWith('/proc/self/') && !FD_PATH.test(path)) raise('ENOENT', path);
  return Buffer.from(at(call('read', path)).data).toString('utf8');
}

export function writeFileSync(path: string, text: string, { flag = 'w' }: { flag?: string } = {}): void {
  const fd = openSync(path, flag);
  try {
    writeSync(fd, text);
  } finally {
    closeSync(fd);
  }
}

export function appendFileSync(path: string, text: string): void {
  writeFileSync(path, text, { flag: 'a' });
}

export function syncMachineOf(path: string): void {
  const { machine } = call('fsync', path);
  machine.syncAll();
}

const unused = (): never => raise('ENOSYS', 'not part of a simulation');
export const watch = unused;
export const accessSync = unused;
