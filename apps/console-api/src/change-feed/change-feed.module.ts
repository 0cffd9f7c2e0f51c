import { Module } from '@nestjs/common';
import { ChangesService } from './changes.service.ts';
import { FeedController } from './feed.controller.ts';
import { ListingService } from './listing.service.ts';
import { ScopeService } from './scope.service.ts';

@Module({ controllers: [FeedController], providers: [ChangesService, ListingService, ScopeService] })
export class ChangeFeedModule {}
