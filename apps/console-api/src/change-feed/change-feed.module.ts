import { Module } from '@nestjs/common';
import { ChangesService } from './changes.service.ts';
import { FeedController } from './feed.controller.ts';
import { ListingService } from './listing.service.ts';
import { PruneJob } from './prune.job.ts';
import { ScopeService } from './scope.service.ts';
import { SpaceWaiters } from './space-waiters.ts';

@Module({
  controllers: [FeedController],
  providers: [ChangesService, ListingService, PruneJob, ScopeService, SpaceWaiters],
  exports: [ScopeService],
})
export class ChangeFeedModule {}
