import { Injectable } from '@nestjs/common';
import {
  AppError,
  encodeFrame,
  type BundleAnswer,
  type ChunkRef,
  type ContentId,
  type ErrorCode,
  type NodeId,
  type VersionId,
} from '@tideline/contracts';
import { DataSource } from 'typeorm';
import type { z } from 'zod';
import { ContentReader } from '../blobs/content-reader.ts';
import { AccessService } from '../grants/access.service.ts';
import type { MemberPrincipal } from '../platform/principal.ts';
import { findVersionContent, listHeads, loadManifests, type FileContentRow } from './content.store.ts';

export type OpenContent = {
  readonly name: string;
  readonly contentId: ContentId;
  readonly size: number;
  readonly chunks: readonly ChunkRef[];
};
type BundleItem = z.input<typeof BundleAnswer>['items'][number];
type Asked = { readonly nodeId: NodeId; readonly contentId: ContentId };

/** Bytes on their way out, for callers who may download. Nothing is read before it is asked for, nothing is held whole. */
@Injectable()
export class ContentService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly access: AccessService,
    private readonly reader: ContentReader,
  ) {}

  /** The head version of a file, or the named one. */
  getContent(principal: MemberPrincipal, nodeId: NodeId, versionId: VersionId | undefined): Promise<OpenContent> {
    return this.#open(principal, { nodeId, atom: 'download' }, versionId);
  }

  /** For showing it: whoever may preview may not yet download. */
  getPreview(principal: MemberPrincipal, nodeId: NodeId, versionId: VersionId | undefined): Promise<OpenContent> {
    return this.#open(principal, { nodeId, atom: 'preview' }, versionId);
  }

  /** Head contents of the files among the nodes that the caller may download; the others are left out. */
  async listContents(principal: MemberPrincipal, nodeIds: readonly NodeId[]): Promise<Map<NodeId, OpenContent>> {
    const { manager } = this.dataSource;
    const { enterpriseId } = principal;
    const access = await this.access.resolve(manager, principal, nodeIds);
    const allowed = nodeIds.filter((id) => access.get(id)?.atoms.has('download'));
    const heads = (await listHeads(manager, enterpriseId, allowed)).flatMap(({ contentId, ...head }) =>
      contentId !== null && !head.trashed ? [{ ...head, contentId }] : [],
    );
    const manifests = await loadManifests(manager, enterpriseId, heads);
    return new Map(
      heads.map(({ nodeId, name, contentId, size }) => {
        const content = { name, contentId: contentId as ContentId, size, chunks: manifests.get(contentId) ?? [] };
        return [nodeId, content];
      }),
    );
  }

  async #open(
    principal: MemberPrincipal,
    need: { readonly nodeId: NodeId; readonly atom: 'download' | 'preview' },
    versionId: VersionId | undefined,
  ): Promise<OpenContent> {
    const { manager } = this.dataSource;
    const { enterpriseId } = principal;
    const { nodeId } = need;
    await this.access.require(manager, principal, need);
    const [head] = await listHeads(manager, enterpriseId, [nodeId]);
    if (!head) throw new AppError('NODE_UNKNOWN');
    if (head.kind !== 'file') throw new AppError('KIND_MISMATCH', { expected: 'file' });
    const content = versionId ? await findVersionContent(manager, { enterpriseId, nodeId, versionId }) : head;
    if (!content?.contentId) throw new AppError('NODE_UNKNOWN');
    const { contentId, size } = content;
    const manifests = await loadManifests(manager, enterpriseId, [{ contentId, size }]);
    return { name: head.name, contentId: contentId as ContentId, size, chunks: manifests.get(contentId) ?? [] };
  }

  read(
    principal: MemberPrincipal,
    content: OpenContent,
    range: { readonly start: number; readonly end: number },
  ): AsyncIterable<Uint8Array> {
    return this.reader.read(principal.enterpriseId, content.chunks, range);
  }

  /** A frame whose header says what follows; files that changed since or that the caller may not read are named with the reason. */
  async openBundle(
    principal: MemberPrincipal,
    asked: readonly Asked[],
  ): Promise<{ sizeBytes: number; bytes: AsyncIterable<Uint8Array> }> {
    const { manager } = this.dataSource;
    const ids = asked.map((item) => item.nodeId);
    const access = await this.access.resolve(manager, principal, ids);
    const heads = new Map((await listHeads(manager, principal.enterpriseId, ids)).map((head) => [head.nodeId, head]));
    const items = asked.map((item) => {
      const rights = access.get(item.nodeId)?.atoms;
      return toBundleItem(item, rights && heads.get(item.nodeId), rights?.has('download') ?? false);
    });
    const sent = items.filter((item) => item.status === 'sent');
    const manifests = await loadManifests(manager, principal.enterpriseId, sent);
    const chunks = sent.flatMap((item) => manifests.get(item.contentId) ?? []);
    const header = encodeFrame({ items } satisfies z.input<typeof BundleAnswer>, []);
    const end = chunks.reduce((sum, chunk) => sum + chunk.size, 0);
    const body = this.reader.read(principal.enterpriseId, chunks, { start: 0, end });
    return { sizeBytes: end + header.reduce((sum, part) => sum + part.length, 0), bytes: concat(header, body) };
  }
}

function toBundleItem(asked: Asked, head: FileContentRow | undefined, mayDownload: boolean): BundleItem {
  const { nodeId, contentId } = asked;
  const code = findUnavailable(asked, head, mayDownload);
  return code ? { status: 'unavailable', nodeId, code } : { status: 'sent', nodeId, contentId, size: head?.size ?? 0 };
}

function findUnavailable(asked: Asked, head: FileContentRow | undefined, mayDownload: boolean): ErrorCode | undefined {
  if (!head) return 'NODE_UNKNOWN';
  if (!mayDownload) return 'FORBIDDEN';
  if (head.kind !== 'file') return 'KIND_MISMATCH';
  return head.contentId === asked.contentId ? undefined : 'REV_MISMATCH';
}

async function* concat(first: Iterable<Uint8Array>, then: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  yield* first;
  yield* then;
}
