import { Global, Module } from '@nestjs/common';
import { SpaceMaker } from '../platform/space-maker.ts';
import { SpaceSight } from '../platform/space-sight.ts';
import { BrowseService } from './browse.service.ts';
import { CommitService } from './commit.service.ts';
import { ContentService } from './content.service.ts';
import { DriveController } from './drive.controller.ts';
import { GroupCommit } from './group-commit.service.ts';
import { NodeController } from './node.controller.ts';
import { SpaceService } from './space.service.ts';
import { UploadService } from './upload.service.ts';
import { UsableChunks } from './usable-chunks.service.ts';

/** Needs BlobsModule and GrantsModule beside it. */
@Global()
@Module({
  controllers: [DriveController, NodeController],
  providers: [
    BrowseService,
    CommitService,
    ContentService,
    GroupCommit,
    SpaceService,
    UploadService,
    UsableChunks,
    { provide: SpaceMaker, useExisting: SpaceService },
    { provide: SpaceSight, useExisting: BrowseService },
  ],
  exports: [BrowseService, CommitService, ContentService, SpaceService, SpaceMaker, SpaceSight],
})
export class DriveModule {}
