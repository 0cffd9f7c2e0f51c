import { Module } from '@nestjs/common';
import { CopiesController } from './copies.controller.ts';
import { CopyListService } from './copy-list.service.ts';
import { CopyService } from './copy.service.ts';
import { SpaceMoveService } from './space-move.service.ts';

@Module({
  controllers: [CopiesController],
  providers: [CopyListService, CopyService, SpaceMoveService],
  exports: [CopyService, SpaceMoveService],
})
export class CopiesModule {}
