import { Module } from '@nestjs/common';
import { IdentityModule } from '../identity/identity.module.ts';
import { Announcer } from './announcer.ts';
import { HandoverJob } from './handover.job.ts';
import { HandoverService } from './handover.service.ts';
import { ImportService } from './import.service.ts';
import { InvitationService } from './invitation.service.ts';
import { KeptSpaceJob } from './kept-space.job.ts';
import { PeopleImpactService } from './people-impact.service.ts';
import { SpaceAdminController } from './space-admin.controller.ts';
import { SpaceAdminService } from './space-admin.service.ts';
import { TeamAdminController } from './team-admin.controller.ts';
import { TeamAdminService } from './team-admin.service.ts';
import { UserAdminController } from './user-admin.controller.ts';
import { UserAdminService } from './user-admin.service.ts';

/** Admins' work on people, teams and spaces. Needs the drive, the grants and the jobs beside it. */
@Module({
  imports: [IdentityModule],
  controllers: [UserAdminController, TeamAdminController, SpaceAdminController],
  providers: [
    Announcer,
    HandoverJob,
    HandoverService,
    ImportService,
    InvitationService,
    KeptSpaceJob,
    PeopleImpactService,
    SpaceAdminService,
    TeamAdminService,
    UserAdminService,
  ],
  exports: [InvitationService],
})
export class PeopleAdminModule {}
