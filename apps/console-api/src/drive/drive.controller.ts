import type { Readable } from 'node:stream';
import { Controller } from '@nestjs/common';
import { routes, type RouteResult, type SpaceId } from '@tideline/contracts';
import type { MemberPrincipal } from '../platform/principal.ts';
import { Caller, Handles, Input, RawBody, type HandlerInput } from '../platform/route.ts';
import { ReservationService } from '../quota/reservation.service.ts';
import { actorIdOf } from './author.ts';
import { BrowseService } from './browse.service.ts';
import { CommitService } from './commit.service.ts';
import { UploadService } from './upload.service.ts';

const { spaces, resolve, batch, opAnswers, missing, putPack } = routes.drive;

/** What is asked of a space: find it, send chunks, commit. */
@Controller()
export class DriveController {
  constructor(
    private readonly browse: BrowseService,
    private readonly commits: CommitService,
    private readonly uploads: UploadService,
    private readonly reservations: ReservationService,
  ) {}

  @Handles(spaces)
  async spaces(@Caller() caller: MemberPrincipal): Promise<RouteResult<typeof spaces>> {
    return { spaces: await this.browse.listSpaces(caller) };
  }

  @Handles(resolve)
  resolve(
    @Caller() caller: MemberPrincipal,
    @Input() input: HandlerInput<typeof resolve>,
  ): Promise<RouteResult<typeof resolve>> {
    return this.browse.resolvePath(caller, input.query.path);
  }

  @Handles(batch)
  batch(
    @Caller() caller: MemberPrincipal,
    @Input() input: HandlerInput<typeof batch>,
    @RawBody() body: Readable,
  ): Promise<RouteResult<typeof batch>> {
    return this.commits.commitFrame(caller, input.params.spaceId, body);
  }

  @Handles(opAnswers)
  async opAnswers(
    @Caller() caller: MemberPrincipal,
    @Input() input: HandlerInput<typeof opAnswers>,
  ): Promise<RouteResult<typeof opAnswers>> {
    return { outcomes: await this.uploads.listAnswers(caller, input.body.opIds) };
  }

  @Handles(missing)
  async missing(
    @Caller() caller: MemberPrincipal,
    @Input() input: HandlerInput<typeof missing>,
  ): Promise<RouteResult<typeof missing>> {
    const hashes = await this.uploads.listMissing(caller, input.params.spaceId, input.body.chunks);
    await this.reservations.prepareUpload(toUploader(caller, input.params.spaceId), input.body);
    return { missing: hashes };
  }

  @Handles(putPack)
  async putPack(
    @Caller() caller: MemberPrincipal,
    @Input() input: HandlerInput<typeof putPack>,
    @RawBody() body: Readable,
  ): Promise<RouteResult<typeof putPack>> {
    return { stored: await this.uploads.storePack(caller, input.params.spaceId, body) };
  }
}

function toUploader(caller: MemberPrincipal, spaceId: SpaceId) {
  return { enterpriseId: caller.enterpriseId, spaceId, actorId: actorIdOf(caller) };
}
