import { Module } from '@nestjs/common';
import { FilesController } from './files.controller.ts';
import { StreamIntake } from '../blobs/stream-intake.ts';
import { UploadExpiryJob } from './upload-expiry.job.ts';
import { UploadFinisher } from './upload-finisher.ts';
import { WebUploadService } from './upload.service.ts';
import { ZipWalk } from './zip-walk.ts';

/** Files for the web. Needs the drive, the blobs, the grants and the jobs beside it. */
@Module({
  controllers: [FilesController],
  providers: [StreamIntake, UploadExpiryJob, UploadFinisher, WebUploadService, ZipWalk],
})
export class FilesModule {}
