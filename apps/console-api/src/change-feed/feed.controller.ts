import { Controller, Res } from '@nestjs/common';
import { routes, type RouteResult } from '@tideline/contracts';
import type { FastifyReply } from 'fastify';
import { sendBytes } from '../drive/content-response.ts';
import type { MemberPrincipal } from '../platform/principal.ts';
import { Caller, Handles, Input, type HandlerInput } from '../platform/route.ts';
import { ChangesService } from './changes.service.ts';
import { ListingService } from './listing.service.ts';
import { ScopeService } from './scope.service.ts';

const { changes, listing, digest, caps } = routes.drive;

/** What an agent pulls to know the cloud below its sync root. */
@Controller()
export class FeedController {
  constructor(
    private readonly feed: ChangesService,
    private readonly listings: ListingService,
    private readonly scopes: ScopeService,
  ) {}

  @Handles(changes)
  changes(
    @Caller() principal: MemberPrincipal,
    @Input() input: HandlerInput<typeof changes>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RouteResult<typeof changes>> {
    const { root, cursor, limit, wait } = input.query;
    const of = { principal, spaceId: input.params.spaceId, rootId: root };
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    return this.feed.listChanges({ ...of, cursor, limit, waitMs: wait * 1000, signal: gone.signal });
  }

  @Handles(listing)
  async listing(
    @Caller() principal: MemberPrincipal,
    @Input() input: HandlerInput<typeof listing>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { root, page, limit } = input.query;
    const of = { principal, spaceId: input.params.spaceId, rootId: root };
    const json = await this.listings.listJson({ ...of, page, limit });
    const sizeBytes = json.reduce((sum, piece) => sum + piece.length, 0);
    void reply.headers({ 'content-type': 'application/json; charset=utf-8', 'content-length': String(sizeBytes) });
    await sendBytes(reply, json);
  }

  @Handles(digest)
  digest(
    @Caller() principal: MemberPrincipal,
    @Input() input: HandlerInput<typeof digest>,
  ): Promise<RouteResult<typeof digest>> {
    return this.listings.getDigest({ principal, spaceId: input.params.spaceId, rootId: input.query.root });
  }

  @Handles(caps)
  caps(
    @Caller() principal: MemberPrincipal,
    @Input() input: HandlerInput<typeof caps>,
  ): Promise<RouteResult<typeof caps>> {
    return this.scopes.getCaps({ principal, spaceId: input.params.spaceId, rootId: input.query.root });
  }
}
