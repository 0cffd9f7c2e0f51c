import { Controller, Req, Res } from '@nestjs/common';
import { FRAME_CONTENT_TYPE, routes, type RouteResult } from '@tideline/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { MemberPrincipal } from '../platform/principal.ts';
import { Caller, Handles, Input, type HandlerInput } from '../platform/route.ts';
import { BrowseService } from './browse.service.ts';
import { planContentResponse, sendBytes } from './content-response.ts';
import { ContentService } from './content.service.ts';

const { children, manifest, content, bundle } = routes.drive;

/** What is asked of nodes: what is in them, their versions and their bytes. */
@Controller()
export class NodeController {
  constructor(
    private readonly browse: BrowseService,
    private readonly contents: ContentService,
  ) {}

  @Handles(children)
  children(
    @Caller() caller: MemberPrincipal,
    @Input() input: HandlerInput<typeof children>,
  ): Promise<RouteResult<typeof children>> {
    return this.browse.listFolder(caller, input.params.nodeId, input.query);
  }

  @Handles(manifest)
  async manifest(
    @Caller() caller: MemberPrincipal,
    @Input() input: HandlerInput<typeof manifest>,
  ): Promise<RouteResult<typeof manifest>> {
    const found = await this.contents.getContent(caller, input.params.nodeId, input.query.version);
    return { contentId: found.contentId, size: found.size, chunks: [...found.chunks] };
  }

  @Handles(content)
  async content(
    @Caller() caller: MemberPrincipal,
    @Input() input: HandlerInput<typeof content>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const found = await this.contents.getContent(caller, input.params.nodeId, input.query.version);
    const plan = planContentResponse(found, request.headers);
    void reply.status(plan.status).headers(plan.headers);
    if (plan.range) await sendBytes(reply, this.contents.read(caller, found, plan.range));
    else await reply.send();
  }

  @Handles(bundle)
  async bundle(
    @Caller() caller: MemberPrincipal,
    @Input() input: HandlerInput<typeof bundle>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { sizeBytes, bytes } = await this.contents.openBundle(caller, input.body.nodes);
    void reply.status(200).headers({ 'content-type': FRAME_CONTENT_TYPE, 'content-length': String(sizeBytes) });
    await sendBytes(reply, bytes);
  }
}
