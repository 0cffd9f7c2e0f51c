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

const FD_FOLDER = '/proc/self/fd/';
const FD_PATH = /^\/proc\/self\/fd\/(\d+)\/?(.*)$/s;

/** The same few paths are asked for again and again. */
const PARTS = new Map<string, readonly string[]>();
const MOST_PARTS = 20_000;

function partsOf(path: string): readonly string[] {
  const known = PARTS.get(path);
  if (known) return known;
  if (PARTS.size >= MOST_PARTS) PARTS.clear();
  const parts = path.split('/').filter((name) => name !== '' && name !== '.');
  PARTS.set(path, parts);
  return parts;
}

/** The folder and the name of a path. A path that ends in a folder itself (`.`, or a mount) has the name ''. */
function placeOf(path: string): Place {
  if (path.startsWith(FD_FOLDER)) return placeByFd(path);
  const parts = partsOf(path);
  const machine = parts[0] === 'sim' ? MACHINES.get(parts[1] ?? '') : undefined;
  if (!machine) throw new FsError('ENOENT', path);
  return descend(machine, { from: machine.top, parts, skip: 2, path });
}

/** `/proc/self/fd/17`, and what may stand after it: `/name`. */
function placeByFd(path: string): Place {
  const slash = path.indexOf('/', FD_FOLDER.length);
  const end = slash < 0 ? path.length : slash;
  const { machine, inode, path: folder } = handleOf(Number(path.slice(FD_FOLDER.length, end)));
  const rest = path.slice(end + 1);
  const whole = `${folder}/${rest}`;
  if (rest === '' || rest === '.' || rest.includes('/')) {
    return descend(machine, { from: inode, parts: partsOf(rest), skip: 0, path: whole });
  }
  enter(inode, whole);
  return { machine, folder: inode, name: rest, path: whole };
}

type Way = { readonly from: Inode; readonly parts: readonly string[]; readonly skip: number; readonly path: string };

function descend(machine: Machine, { from, parts, skip, path }: Way): Place {
  if (parts.length <= skip) return { machine, folder: from, name: '', path };
  const last = parts.length - 1;
  let folder = from;
  for (let index = skip; index < last; index++) {
    enter(folder, path);
    const next = machine.find(folder, parts[index] as string);
    if (!next) throw new FsError('ENOENT', path);
    folder = next;
  }
  enter(folder, path);
  return { machine, folder, name: parts[last] as string, path };
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
  const { machine } = before;
  const { changes } = machine;
  machine.beforeCall(name, before.path);
  // Somebody may have acted in between.
  return machine.changes === changes ? before : placeOf(path);
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
    'wx+': real.O_RDWR | real.O_CREAT | real.O_EXCL,
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
    const inode = findAt(place) ?? (options.throwIfNoEntry === false ? undefined : at(place));
    return inode && statsOf(place.machine, inode, options);
  } catch (error) {
    if (options.throwIfNoEntry === false && error instanceof FsError && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

class Stats {
  readonly dev: number;
  readonly ino: number;
  readonly mode: number;
  readonly nlink: number;
  readonly size: number;

  constructor(machine: Machine, inode: Inode) {
    this.dev = machine.options.dev;
    this.ino = inode.ino;
    this.mode = modeOf(inode);
    this.nlink = inode.links;
    this.size = inode.data.length;
  }
  isDirectory(): boolean {
    return (this.mode & real.S_IFMT) === real.S_IFDIR;
  }
  isFile(): boolean {
    return (this.mode & real.S_IFMT) === real.S_IFREG;
  }
  isSymbolicLink(): boolean {
    return false;
  }
}

class BigStats {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly mode: bigint;
  readonly nlink: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly birthtimeNs: bigint;
  readonly #isFolder: boolean;

  constructor(machine: Machine, inode: Inode) {
    this.dev = machine.bigDev;
    this.ino = inode.bigIno;
    this.mode = BigInt(modeOf(inode));
    this.nlink = BigInt(inode.links);
    this.size = BigInt(inode.data.length);
    this.mtimeNs = inode.mtimeNs;
    this.ctimeNs = inode.ctimeNs;
    this.birthtimeNs = inode.birthNs;
    this.#isFolder = inode.kind === 'folder';
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

const modeOf = ({ kind, mode }: Inode): number => mode | (kind === 'folder' ? real.S_IFDIR : real.S_IFREG);

function statsOf(machine: Machine, inode: Inode, { bigint = false }: StatOptions): Stats | BigStats {
  return bigint ? new BigStats(machine, inode) : new Stats(machine, inode);
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
