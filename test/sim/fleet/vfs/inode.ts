export type Os = 'linux' | 'darwin' | 'win32';

export type Entry = { readonly name: string; readonly inode: Inode };

/** One file or folder. Bytes are never changed in place: every write makes a new array, so that they can be held and compared. */
export class Inode {
  readonly ino: number;
  readonly bigIno: bigint;
  readonly kind: 'file' | 'folder';
  readonly birthNs: bigint;
  data: Uint8Array = NO_BYTES;
  mode: number;
  mtimeNs: bigint;
  ctimeNs: bigint;
  links = 1;
  /** Handles on it that are open. */
  open = 0;
  /** By the key under which the file system finds a name. */
  readonly entries = new Map<string, Entry>();
  parent: Inode | null = null;
  /** What the disk holds as long as the cache is ahead of it. */
  durable: { readonly data: Uint8Array | null; readonly sinceMs: number } | null = null;
  /** Why nobody may look inside. */
  refusal: string | null = null;

  constructor(of: { ino: number; kind: 'file' | 'folder'; nowNs: bigint; mode: number }) {
    this.ino = of.ino;
    this.bigIno = BigInt(of.ino);
    this.kind = of.kind;
    this.mode = of.mode;
    this.birthNs = of.nowNs;
    this.mtimeNs = of.nowNs;
    this.ctimeNs = of.nowNs;
  }
}

export const NO_BYTES = new Uint8Array();

export class FsError extends Error {
  readonly code: string;
  constructor(code: string, what: string) {
    // A file that is not there is no event: where it was asked for need not be known.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(`${code}: ${what}`);
    Error.stackTraceLimit = stackTraceLimit;
    this.code = code;
  }
}
