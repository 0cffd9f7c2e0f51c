/** What an archive says of one entry. Sizes and places are exact up to 2^53; zip64 is used where 32 bits do not hold them. */
export type ZipMember = {
  readonly path: string;
  readonly modifiedAt: Date;
  readonly unixMode: number;
  readonly sizeBytes: number;
  readonly isFolder: boolean;
};
/** An entry whose bytes were written. */
export type WrittenMember = ZipMember & { readonly crc32: number; readonly startByte: number };

/** 32 bits hold less than this; the number itself says "look into the zip64 field". */
const MAX_32 = 0xffffffff;
const MAX_16 = 0xffff;
const [VERSION_PLAIN, VERSION_ZIP64] = [20, 45];
const MADE_BY_UNIX = (3 << 8) | 63;
const NAME_IS_UTF8 = 1 << 11;
const CRC_FOLLOWS = 1 << 3;
const DOS_FOLDER = 0x10;

/** Stored as they are, so that sizes are known before the bytes; the checksum follows them. */
export function localHeader(member: ZipMember): Buffer {
  const name = nameOf(member);
  const extra = isLarge(member.sizeBytes) ? zip64Field([member.sizeBytes, member.sizeBytes]) : EMPTY;
  const fixed = Buffer.alloc(30);
  fixed.writeUInt32LE(0x04034b50, 0);
  fixed.writeUInt16LE(isLarge(member.sizeBytes) ? VERSION_ZIP64 : VERSION_PLAIN, 4);
  writeCommon(fixed, 6, member);
  // Zero, for they follow the bytes; of a large file they stand in the zip64 field, which also says how wide those that follow are.
  if (extra.length > 0) writeSizes(fixed, 18, member.sizeBytes);
  fixed.writeUInt16LE(name.length, 26);
  fixed.writeUInt16LE(extra.length, 28);
  return Buffer.concat([fixed, name, extra]);
}

/** After the bytes of a file; its sizes are as wide as those of the header. */
export function dataDescriptor(member: ZipMember, crc32: number): Buffer {
  if (member.isFolder) return EMPTY;
  const isWide = isLarge(member.sizeBytes);
  const bytes = Buffer.alloc(isWide ? 24 : 16);
  bytes.writeUInt32LE(0x08074b50, 0);
  bytes.writeUInt32LE(crc32, 4);
  if (!isWide) bytes.writeUInt32LE(member.sizeBytes, 8);
  if (!isWide) bytes.writeUInt32LE(member.sizeBytes, 12);
  if (isWide) bytes.writeBigUInt64LE(BigInt(member.sizeBytes), 8);
  if (isWide) bytes.writeBigUInt64LE(BigInt(member.sizeBytes), 16);
  return bytes;
}

export function centralRecord(member: WrittenMember): Buffer {
  const name = nameOf(member);
  const isWide = isLarge(member.sizeBytes);
  const isFar = isLarge(member.startByte);
  const wide = [...(isWide ? [member.sizeBytes, member.sizeBytes] : []), ...(isFar ? [member.startByte] : [])];
  const extra = Buffer.concat([timeField(member.modifiedAt), wide.length > 0 ? zip64Field(wide) : EMPTY]);
  const fixed = Buffer.alloc(46);
  fixed.writeUInt32LE(0x02014b50, 0);
  fixed.writeUInt16LE(MADE_BY_UNIX, 4);
  fixed.writeUInt16LE(wide.length > 0 ? VERSION_ZIP64 : VERSION_PLAIN, 6);
  writeCommon(fixed, 8, member);
  fixed.writeUInt32LE(member.crc32, 16);
  writeSizes(fixed, 20, member.sizeBytes);
  fixed.writeUInt16LE(name.length, 28);
  fixed.writeUInt16LE(extra.length, 30);
  fixed.writeUInt32LE(((member.unixMode << 16) | (member.isFolder ? DOS_FOLDER : 0)) >>> 0, 38);
  fixed.writeUInt32LE(isFar ? MAX_32 : member.startByte, 42);
  return Buffer.concat([fixed, name, extra]);
}

export type Directory = { readonly count: number; readonly startByte: number; readonly sizeBytes: number };

/** The end of the archive: where its directory is. */
export function endRecords({ count, startByte, sizeBytes }: Directory): Buffer {
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(Math.min(count, MAX_16), 8);
  end.writeUInt16LE(Math.min(count, MAX_16), 10);
  end.writeUInt32LE(Math.min(sizeBytes, MAX_32), 12);
  end.writeUInt32LE(Math.min(startByte, MAX_32), 16);
  if (count < MAX_16 && !isLarge(startByte) && !isLarge(sizeBytes)) return end;
  const wide = Buffer.alloc(56);
  wide.writeUInt32LE(0x06064b50, 0);
  wide.writeBigUInt64LE(BigInt(wide.length - 12), 4);
  wide.writeUInt16LE(MADE_BY_UNIX, 12);
  wide.writeUInt16LE(VERSION_ZIP64, 14);
  [count, count, sizeBytes, startByte].forEach((value, index) => wide.writeBigUInt64LE(BigInt(value), 24 + 8 * index));
  const locator = Buffer.alloc(20);
  locator.writeUInt32LE(0x07064b50, 0);
  locator.writeBigUInt64LE(BigInt(startByte + sizeBytes), 8);
  locator.writeUInt32LE(1, 16);
  return Buffer.concat([wide, locator, end]);
}

/** Flags, method (0: stored) and time, which stand in one row in both kinds of headers. */
function writeCommon(header: Buffer, at: number, member: ZipMember): void {
  const time = member.modifiedAt;
  header.writeUInt16LE(NAME_IS_UTF8 | (member.isFolder ? 0 : CRC_FOLLOWS), at);
  header.writeUInt16LE((time.getHours() << 11) | (time.getMinutes() << 5) | (time.getSeconds() >> 1), at + 4);
  header.writeUInt16LE(((time.getFullYear() - 1980) << 9) | ((time.getMonth() + 1) << 5) | time.getDate(), at + 6);
}

function writeSizes(header: Buffer, at: number, sizeBytes: number): void {
  header.writeUInt32LE(Math.min(sizeBytes, MAX_32), at);
  header.writeUInt32LE(Math.min(sizeBytes, MAX_32), at + 4);
}

function zip64Field(values: readonly number[]): Buffer {
  const field = Buffer.alloc(4 + 8 * values.length);
  field.writeUInt16LE(0x0001, 0);
  field.writeUInt16LE(8 * values.length, 2);
  values.forEach((value, index) => field.writeBigUInt64LE(BigInt(value), 4 + 8 * index));
  return field;
}

/** Seconds of universal time: the other time of an entry is local and of two seconds. */
function timeField(time: Date): Buffer {
  const field = Buffer.alloc(9);
  field.writeUInt16LE(0x5455, 0);
  field.writeUInt16LE(5, 2);
  field.writeUInt8(3, 4); // as Info-ZIP has it, though only the first of the two times stands in a directory
  field.writeUInt32LE(Math.min(Math.floor(time.getTime() / 1000), 0x7fffffff), 5);
  return field;
}

function nameOf({ path, isFolder }: ZipMember): Buffer {
  const name = Buffer.from(isFolder ? `${path}/` : path);
  if (name.length > MAX_16) throw new RangeError('a path is too long for an archive');
  return name;
}

function isLarge(value: number): boolean {
  return value >= MAX_32;
}

const EMPTY = Buffer.alloc(0);
