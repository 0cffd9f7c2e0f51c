import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import type { OpenContent } from '../drive/content.service.ts';
import { ZipDirectory } from './zip-directory.ts';
import { centralRecord, dataDescriptor, endRecords, localHeader, type ZipMember } from './zip-format.ts';
import type { ZipEntry } from './zip-walk.ts';

const [FILE_MODE, EXEC_MODE, FOLDER_MODE] = [0o100644, 0o100755, 0o40755];
/** Times before this, or after the next one, cannot be written in an archive. A day apart from its limits, whatever the zone. */
const EARLIEST = new Date('1980-01-02T00:00:00Z');
const LATEST = new Date('2107-12-30T00:00:00Z');

type Read = (content: OpenContent) => AsyncIterable<Uint8Array>;

/**
 * An archive as it is made: files one after the other, stored as they are, with sizes known, so that large ones are written as zip64.
 * Nothing is opened or read before it is taken. A file that cannot be read, or has other bytes than its size says, breaks the archive
 * off: a whole one is a true one. Whatever fails, destroys the stream; whatever destroys the stream, closes what is open.
 */
export function zipStream(entries: AsyncIterable<ZipEntry>, read: Read): Readable {
  return Readable.from(archive(entries, read), { objectMode: false });
}

async function* archive(entries: AsyncIterable<ZipEntry>, read: Read): AsyncGenerator<Uint8Array> {
  await using directory = new ZipDirectory();
  let at = 0;
  for await (const entry of entries) {
    const member = toMember(entry);
    const startByte = at;
    const header = localHeader(member);
    yield header;
    const sum = { crc32: 0 };
    if (entry.content) yield* summed(exactly(read(entry.content), member), sum);
    const descriptor = dataDescriptor(member, sum.crc32);
    if (descriptor.length > 0) yield descriptor;
    await directory.add(centralRecord({ ...member, ...sum, startByte }));
    at += header.length + member.sizeBytes + descriptor.length;
  }
  yield* directory.read();
  yield endRecords({ count: directory.count, startByte: at, sizeBytes: directory.sizeBytes });
}

function toMember(entry: ZipEntry): ZipMember {
  const { path, modifiedAt: time, content } = entry;
  const unixMode = content === undefined ? FOLDER_MODE : entry.exec ? EXEC_MODE : FILE_MODE;
  const modifiedAt = time < EARLIEST ? EARLIEST : time > LATEST ? LATEST : time;
  return { path, modifiedAt, unixMode, sizeBytes: content?.size ?? 0, isFolder: content === undefined };
}

/** Throws before the byte too many, and at the end when bytes are lacking. */
async function* exactly(source: AsyncIterable<Uint8Array>, { sizeBytes }: ZipMember): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const piece of source) {
    bytes += piece.length;
    if (bytes > sizeBytes) break;
    if (piece.length > 0) yield piece;
  }
  if (bytes !== sizeBytes) throw new Error(`a file of an archive has other bytes than its ${sizeBytes}: ${bytes} came`);
}

async function* summed(source: AsyncIterable<Uint8Array>, sum: { crc32: number }): AsyncGenerator<Uint8Array> {
  for await (const piece of source) {
    sum.crc32 = crc32(piece, sum.crc32);
    yield piece;
  }
}
