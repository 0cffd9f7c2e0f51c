import { mkdir, mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
  type CompletedPart,
} from '@aws-sdk/client-s3';
import { BlobMissingError, BlobStore, requireBlobKey, type ByteSource, type StoredBlob } from './blob-store.ts';
import type { S3Settings } from './s3-settings.ts';
import { Slots } from './slots.ts';
import { writeAll } from './write-all.ts';

/** Larger objects go in parts of this size. Also what one request holds in memory, so that it can be sent again. */
const PART_BYTES = 8 * 1024 * 1024;
/** Parts in memory at once, for all uploads together. */
const PARTS_AT_ONCE = 8;
const PIECE_BYTES = 1024 * 1024;
const MAX_ATTEMPTS = 5;
/** Attempts to go on with a download that broke off. */
const MAX_RESUMES = 3;

/**
 * Objects in an S3-speaking store. An object is first gathered in a file of this machine: how slowly its sender sends costs no
 * memory and no open request, and what is sent to the store can be sent again.
 */
export class S3BlobStore extends BlobStore {
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #prefix: string;
  readonly #spool: string;
  readonly #parts = new Slots(PARTS_AT_ONCE);

  private constructor(settings: S3Settings, spool: string) {
    super();
    this.#client = createClient(settings);
    this.#bucket = settings.bucket;
    this.#prefix = settings.prefix === '' ? '' : `${settings.prefix}/`;
    this.#spool = spool;
  }

  /** `spoolFolder` holds what is on its way to the store; what a dead process left there is of no use. */
  static async open(settings: S3Settings, spoolFolder: string = tmpdir()): Promise<S3BlobStore> {
    await mkdir(spoolFolder, { recursive: true, mode: 0o700 });
    return new S3BlobStore(settings, await mkdtemp(path.join(spoolFolder, 'tideline-s3-')));
  }

  override async close(): Promise<void> {
    this.#client.destroy();
    await rm(this.#spool, { recursive: true, force: true });
  }

  async put(key: string, source: ByteSource): Promise<number> {
    const object = this.#locate(key);
    const file = path.join(this.#spool, requireBlobKey(key).replaceAll('/', '_'));
    const handle = await open(file, 'wx+', 0o600);
    try {
      await rm(file); // needs no name: gone with the handle, also when the process dies
      const sizeBytes = await gather(handle, source);
      if (await this.exists(key)) throw new Error(`there is an object ${key} already`);
      if (sizeBytes <= PART_BYTES) await this.#putWhole(object, handle, sizeBytes);
      else await this.#putInParts(object, handle, sizeBytes);
      return sizeBytes;
    } finally {
      await handle.close();
    }
  }

  async *read(key: string, startByte: number, lengthBytes: number): AsyncIterable<Uint8Array> {
    let done = 0;
    for (let resumes = 0; done < lengthBytes; resumes++) {
      try {
        for await (const piece of this.#readOnce(key, startByte + done, lengthBytes - done)) {
          done += piece.length;
          yield piece;
        }
        if (done < lengthBytes) throw new BlobMissingError(key);
      } catch (error) {
        if (resumes >= MAX_RESUMES || error instanceof BlobMissingError || !isBrokenOff(error)) throw error;
      }
    }
  }

  async exists(key: string): Promise<boolean> {
    try {
      await this.#client.send(new HeadObjectCommand(this.#locate(key)));
      return true;
    } catch (error) {
      if (isAbsent(error)) return false;
      throw error;
    }
  }

  async delete(key: string): Promise<void> {
    await this.#client.send(new DeleteObjectCommand(this.#locate(key)));
  }

  /** In the order of the keys. */
  async *list(prefix: string, after?: string): AsyncIterable<StoredBlob> {
    const behind = after === undefined ? {} : { StartAfter: this.#prefix + after };
    const where = { Bucket: this.#bucket, Prefix: this.#prefix + prefix, ...behind };
    let next: string | undefined;
    do {
      const page = await this.#client.send(
        new ListObjectsV2Command({ ...where, ...(next === undefined ? {} : { ContinuationToken: next }) }),
      );
      for (const { Key, Size } of page.Contents ?? []) {
        if (Key !== undefined) yield { key: Key.slice(this.#prefix.length), sizeBytes: Size ?? 0 };
      }
      next = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (next !== undefined);
  }

  async *#readOnce(key: string, startByte: number, lengthBytes: number): AsyncIterable<Uint8Array> {
    const Range = `bytes=${startByte}-${startByte + lengthBytes - 1}`;
    const { Body } = await this.#client
      .send(new GetObjectCommand({ ...this.#locate(key), Range }))
      .catch((error: unknown) => {
        throw isAbsent(error) || isPastEnd(error) ? new BlobMissingError(key, error) : error;
      });
    for await (const piece of (Body ?? []) as AsyncIterable<Uint8Array>) yield* cut(piece);
  }

  async #putWhole(object: ObjectPlace, handle: FileHandle, sizeBytes: number): Promise<void> {
    await this.#parts.use(async () => {
      const Body = await readPart(handle, 0, sizeBytes);
      await this.#client.send(new PutObjectCommand({ ...object, Body, ContentLength: sizeBytes }));
    });
  }

  async #putInParts(object: ObjectPlace, handle: FileHandle, sizeBytes: number): Promise<void> {
    const { UploadId } = await this.#client.send(new CreateMultipartUploadCommand(object));
    const upload = { ...object, UploadId };
    try {
      const starts = Array.from({ length: Math.ceil(sizeBytes / PART_BYTES) }, (_, index) => index * PART_BYTES);
      const sending = starts.map((start) =>
        this.#putPart(upload, handle, { start, end: Math.min(start + PART_BYTES, sizeBytes) }),
      );
      await Promise.allSettled(sending); // the file is closed when this ends: also after a failure, no part may still read it
      const Parts = await Promise.all(sending);
      await this.#client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }));
    } catch (error) {
      // Parts of an upload that nobody ends cost money but are no object; stores that cannot abort end them by a rule.
      await this.#client.send(new AbortMultipartUploadCommand(upload)).catch(() => undefined);
      throw error;
    }
  }

  #putPart(
    upload: ObjectPlace & { readonly UploadId: string | undefined },
    handle: FileHandle,
    range: { readonly start: number; readonly end: number },
  ): Promise<CompletedPart> {
    return this.#parts.use(async () => {
      const Body = await readPart(handle, range.start, range.end - range.start);
      const PartNumber = range.start / PART_BYTES + 1;
      const sent = await this.#client.send(
        new UploadPartCommand({ ...upload, PartNumber, Body, ContentLength: Body.length }),
      );
      return { PartNumber, ETag: sent.ETag };
    });
  }

  #locate(key: string): ObjectPlace {
    return { Bucket: this.#bucket, Key: this.#prefix + requireBlobKey(key) };
  }
}

type ObjectPlace = { readonly Bucket: string; readonly Key: string };

function createClient(settings: S3Settings): S3Client {
  return new S3Client({
    region: settings.region,
    forcePathStyle: settings.pathStyle,
    maxAttempts: MAX_ATTEMPTS,
    // Checksums by default make stores other than Amazon's refuse, or even keep wrong bytes. Ours are hashes of every chunk.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 60_000 },
    ...(settings.endpoint === undefined ? {} : { endpoint: settings.endpoint }),
    ...(settings.credentials === undefined ? {} : { credentials: settings.credentials.reveal() }),
  });
}

async function gather(handle: FileHandle, source: ByteSource): Promise<number> {
  let sizeBytes = 0;
  for await (const piece of source) {
    sizeBytes += await writeAll(handle, [piece], sizeBytes);
  }
  return sizeBytes;
}

async function readPart(handle: FileHandle, startByte: number, lengthBytes: number): Promise<Buffer> {
  const part = Buffer.allocUnsafe(lengthBytes);
  let done = 0;
  while (done < lengthBytes) {
    const { bytesRead } = await handle.read(part, done, lengthBytes - done, startByte + done);
    if (bytesRead === 0) throw new Error('the gathered file is shorter than what was written to it');
    done += bytesRead;
  }
  return part;
}

function* cut(piece: Uint8Array): Iterable<Uint8Array> {
  for (let start = 0; start < piece.length; start += PIECE_BYTES) yield piece.subarray(start, start + PIECE_BYTES);
}

function statusOf(error: unknown): number | undefined {
  const meta = (error as { $metadata?: { httpStatusCode?: number } } | null)?.$metadata;
  return meta?.httpStatusCode;
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && (error.name === 'NoSuchKey' || error.name === 'NotFound' || isMissingObject(error));
}

/** HEAD has no body that could name the error. A missing bucket has a name, and is no missing object. */
function isMissingObject(error: Error): boolean {
  return statusOf(error) === 404 && error.name !== 'NoSuchBucket';
}

function isPastEnd(error: unknown): boolean {
  return statusOf(error) === 416;
}

/** The connection went away in the middle of a body; before it, the client has tried again itself. */
function isBrokenOff(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | null)?.code ?? '';
  return (
    ['ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'].includes(code) || /aborted/.test(String(error))
  );
}
