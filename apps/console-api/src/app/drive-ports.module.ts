import { Global, Module } from '@nestjs/common';
import { SpaceService } from '../drive/space.service.ts';
import { AccessService } from '../grants/access.service.ts';
import { SpaceMaker } from '../platform/space-maker.ts';
import { SpaceSight } from '../platform/space-sight.ts';
import { DriveSpaceSight } from './drive-space-sight.ts';

/** Binds the ports of `platform/` to the drive, so that identity and fleet need not know its modules. */
@Global()
@Module({
  providers: [
    AccessService,
    SpaceService,
    { provide: SpaceMaker, useExisting: SpaceService },
    { provide: SpaceSight, useClass: DriveSpaceSight },
  ],
  exports: [SpaceMaker, SpaceSight, AccessService],
})
export class DrivePortsModule {}
