import { Module } from '@nestjs/common';
import { PruneService } from './prune.service.ts';
import { RetentionService } from './retention.service.ts';
import { VersionService } from './version.service.ts';
import { VersionsController } from './versions.controller.ts';

@Module({
  controllers: [VersionsController],
  providers: [PruneService, RetentionService, VersionService],
  exports: [PruneService, RetentionService, VersionService],
})
export class VersionsModule {}
