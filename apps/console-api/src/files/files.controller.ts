import type { Readable } from 'node:stream';
import { Controller, Req, Res } from '@nestjs/common';
import { routes, type RouteResult } from '@tideline/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { contentDisposition, planContentResponse, sendBytes, sendStream } from '../drive/content-response.ts';
import { ContentService } from '../drive/content.service.ts';
import { memberOf, personOf, type Principal, type MemberPrincipal } from '../platform/principal.ts';
import { Caller, Handles, Input, RawBody, type HandlerInput } from '../platform/route.ts';
import { findShownAs } from './shown-as.ts';
import { WebUploadService } from './upload.service.ts';
import { zipStream } from './zip-stream.ts';
import { ZipWalk } from './zip-walk.ts';

const { startUpload, upload, sendBytes: sendUploadBytes, finishUpload, cancelUpload, preview, zip } = routes.files;

/** Files for people with a browser. */
@Controller()
export class FilesController {
  constructor(
    private readonly uploads: WebUploadService,
    private readonly contents: ContentService,
    private readonly zips: ZipWalk,
  ) {}

  @Handles(startUpload)
  startUpload(
    @Caller() caller: Principal,
    @Input() input: HandlerInput<typeof startUpload>,
  ): Promise<RouteResult<typeof startUpload>> {
    return this.uploads.start(personOf(caller), input.body);
  }

  @Handles(upload)
  upload(
    @Caller() caller: Principal,
    @Input() input: HandlerInput<typeof upload>,
  ): Promise<RouteResult<typeof upload>> {
    return this.uploads.get(personOf(caller), input.params.uploadId);
  }

  @Handles(sendUploadBytes)
  sendBytes(
    @Caller() caller: Principal,
    @Input() input: HandlerInput<typeof sendUploadBytes>,
    @RawBody() body: Readable,
  ): Promise<RouteResult<typeof sendUploadBytes>> {
    return this.uploads.send(personOf(caller), { ...input.query, uploadId: input.params.uploadId }, body);
  }

  @Handles(finishUpload)
  async finishUpload(
    @Caller() caller: Principal,
    @Input() input: HandlerInput<typeof finishUpload>,
  ): Promise<RouteResult<typeof finishUpload>> {
    return { node: await this.uploads.finish(personOf(caller), input.params.uploadId) };
  }

  @Handles(cancelUpload)
  async cancelUpload(
    @Caller() caller: Principal,
    @Input() input: HandlerInput<typeof cancelUpload>,
  ): Promise<RouteResult<typeof cancelUpload>> {
    await this.uploads.cancel(personOf(caller), input.params.uploadId);
    return {};
  }

  @Handles(preview)
  async preview(
    @Caller() caller: MemberPrincipal,
    @Input() input: HandlerInput<typeof preview>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { params, query } = input;
    const found = await this.contents.getPreview(caller, params.nodeId, query.version);
    const shown = findShownAs(found.name);
    // PE-6: what no browser shows can only be taken along, so that it needs what a download needs.
    const content = shown ? found : await this.contents.getContent(caller, params.nodeId, query.version);
    const plan = planContentResponse(content, request.headers, shown);
    void reply.status(plan.status).headers(plan.headers);
    if (plan.range) await sendBytes(reply, this.contents.read(caller, content, plan.range));
    else await reply.send();
  }

  @Handles(zip)
  async zip(
    @Caller() caller: Principal,
    @Input() input: HandlerInput<typeof zip>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const principal = memberOf(caller);
    const tops = await this.zips.requireTops(principal, input.query.nodes);
    const name = input.query.name ?? (tops.length === 1 && tops[0] ? tops[0].name : 'files');
    const bytes = zipStream(this.zips.walk(principal, tops), (content) =>
      this.contents.read(principal, content, { start: 0, end: content.size }),
    );
    void reply.status(200).headers({
      'content-type': 'application/zip',
      'content-disposition': contentDisposition(`${name}.zip`),
      'content-security-policy': "sandbox; default-src 'none'",
      'cross-origin-resource-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
    });
    await sendStream(reply, bytes);
  }
}
