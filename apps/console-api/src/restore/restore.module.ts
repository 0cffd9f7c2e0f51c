import { Module } from '@nestjs/common';
import { ChangeFeedModule } from '../change-feed/change-feed.module.ts';
import { RestoreController } from './restore.controller.ts';
import { RestoreJobRun } from './restore.job.ts';
import { RestoreRunner } from './restore-runner.ts';
import { RestoreService } from './restore.service.ts';

/** Needs the drive and the grants beside it. */
@Module({
  imports: [ChangeFeedModule],
  controllers: [RestoreController],
  providers: [RestoreJobRun, RestoreRunner, RestoreService],
})
export class RestoreModule {}
