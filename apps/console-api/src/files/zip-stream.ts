import { Readable } from 'node:stream';
import yazl from 'yazl';
import type { OpenContent } from '../drive/content.service.ts';
import type { ZipEntry } from './zip-walk.ts';

const [FILE_MODE, EXEC_MODE, FOLDER_MODE] = [0o100644, 0o100755, 0o40755];
/** Times before this cannot be written in an archive. */
const EARLIEST = new Date('1980-01-01T00:00:00Z');
const LATEST = new Date('2107-12-31T00:00:00Z');

/**
 * An archive as it is made: files one after the other, stored as they are, with sizes known, so that large ones are written as zip64.
 * Nothing is read ahead of whoever takes the bytes. A file that cannot be read breaks the archive off: a whole one is a true one.
 */
export function zipStream(
  entries: AsyncIterable<ZipEntry>,
  read: (content: OpenContent) => AsyncIterable<Uint8Array>,
): Readable {
  const zip = new yazl.ZipFile();
  const output = zip.outputStream as Readable;
  const gone = new Promise<void>((resolve) => output.once('close', resolve));
  zip.on('error', (error: unknown) => output.destroy(error as Error));
  fill(zip, entries, { read, output, gone }).catch((error: unknown) => output.destroy(error as Error));
  return output;
}

type Sink = {
  readonly read: (content: OpenContent) => AsyncIterable<Uint8Array>;
  readonly output: Readable;
  /** The taker went away, or has all. */
  readonly gone: Promise<void>;
};

async function fill(zip: yazl.ZipFile, entries: AsyncIterable<ZipEntry>, sink: Sink): Promise<void> {
  for await (const entry of entries) {
    if (sink.output.destroyed) return;
    const mtime = entry.modifiedAt < EARLIEST ? EARLIEST : entry.modifiedAt > LATEST ? LATEST : entry.modifiedAt;
    if (entry.content) await addFile(zip, { path: entry.path, content: entry.content, exec: entry.exec, mtime }, sink);
    else zip.addEmptyDirectory(`${entry.path}/`, { mtime, mode: FOLDER_MODE });
  }
  zip.end();
}

type File = { readonly path: string; readonly content: OpenContent; readonly exec: boolean; readonly mtime: Date };

/** Comes back when the bytes of the file are taken, so that only one file is open and no list of files grows. */
async function addFile(zip: yazl.ZipFile, file: File, sink: Sink): Promise<void> {
  const source = Readable.from(sink.read(file.content), { objectMode: false });
  const taken = new Promise<void>((resolve, reject) => {
    source.once('close', resolve);
    source.once('error', reject);
  });
  const mode = file.exec ? EXEC_MODE : FILE_MODE;
  const options = { mtime: file.mtime, mode, compress: false, size: file.content.size };
  zip.addReadStreamLazy(file.path, options, (give) => give(null, source));
  await Promise.race([taken, sink.gone]);
  if (sink.output.destroyed) source.destroy();
}
