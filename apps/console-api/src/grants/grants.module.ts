import { Global, Module } from '@nestjs/common';
import { AccessService } from './access.service.ts';
import { ActionListController } from './action-list.controller.ts';
import { ActionListService } from './action-list.service.ts';
import { ExpiredGrantsJob } from './expired-grants.job.ts';
import { ExplainService } from './explain.service.ts';
import { FolderGrantService } from './folder-grant.service.ts';
import { GrantService } from './grant.service.ts';
import { GrantsController } from './grants.controller.ts';
import { ImpactService } from './impact.service.ts';
import { RightsController } from './rights.controller.ts';

/** Needs JobsModule beside it. */
@Global()
@Module({
  controllers: [ActionListController, GrantsController, RightsController],
  providers: [
    AccessService,
    ActionListService,
    ExpiredGrantsJob,
    ExplainService,
    FolderGrantService,
    GrantService,
    ImpactService,
  ],
  exports: [AccessService, GrantService, ImpactService],
})
export class GrantsModule {}
