import { Readable } from 'node:stream';
import { Logger } from '@nestjs/common';
import { AppError } from '@tideline/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { parseByteRange, type ByteRange } from './byte-range.ts';
import type { OpenContent } from './content.service.ts';

type Headers = Record<string, string>;
/** What to answer to a conditional or ranged request for a content. */
export type ContentResponse = {
  readonly status: 200 | 206 | 304;
  readonly headers: Headers;
  readonly range: ByteRange | null;
};

/** How a file of a known harmless kind may be shown; `sources`: what its own document may load, in terms of the policy. */
export type ShownAs = { readonly contentType: string; readonly sources: string };

/**
 * Files are what people uploaded: never shown as a page of ours. They come as attachments of no known type, sandboxed,
 * whatever the browser believes they are.
 */
export function planContentResponse(
  content: OpenContent,
  request: FastifyRequest['headers'],
  shown?: ShownAs,
): ContentResponse {
  const etag = `"${content.contentId}"`;
  const common: Headers = {
    etag,
    'accept-ranges': 'bytes',
    'cache-control': 'private, no-cache',
    'content-type': shown?.contentType ?? 'application/octet-stream',
    'content-disposition': contentDisposition(content.name, shown ? 'inline' : 'attachment'),
    'content-security-policy': `sandbox; default-src 'none'${shown ? `; ${shown.sources}` : ''}`,
    'cross-origin-resource-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
  };
  if (matches(request['if-none-match'], etag)) return { status: 304, headers: common, range: null };
  const range = isRangeFresh(request['if-range'], etag) ? parseByteRange(request.range, content.size) : undefined;
  if (range === 'invalid') throw new AppError('RANGE_INVALID', {}, { details: { size: content.size } });
  const { start, end } = range ?? { start: 0, end: content.size };
  const headers = { ...common, 'content-length': String(end - start) };
  if (!range) return { status: 200, headers, range: { start, end } };
  return { status: 206, headers: { ...headers, 'content-range': `bytes ${start}-${end - 1}/${content.size}` }, range };
}

export async function sendBytes(
  reply: FastifyReply,
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<void> {
  await sendStream(reply, Readable.from(bytes, { objectMode: false }));
}

/** An answer that began and then breaks off is told by nobody else: the client sees it cut short, the log says why. */
export async function sendStream(reply: FastifyReply, stream: Readable): Promise<void> {
  stream.once('error', (error) => {
    const { id, url } = reply.request;
    if (reply.raw.headersSent) logger.error({ correlationId: id, path: url, err: error }, 'an answer broke off');
  });
  await reply.send(stream);
}

const logger = new Logger('errors');

/** RFC 6266: a plain name for old readers, the true one percent-encoded. */
export function contentDisposition(name: string, disposition: 'attachment' | 'inline' = 'attachment'): string {
  const plain = name.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const exact = encodeURIComponent(name).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `${disposition}; filename="${plain}"; filename*=UTF-8''${exact}`;
}

function matches(header: string | undefined, etag: string): boolean {
  const tags = header?.split(',').map((tag) => tag.trim().replace(/^W\//, '')) ?? [];
  return tags.includes(etag) || tags.includes('*');
}

function isRangeFresh(ifRange: string | undefined | string[], etag: string): boolean {
  return ifRange === undefined || ifRange === etag;
}
