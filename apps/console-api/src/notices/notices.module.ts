import { Global, Module } from '@nestjs/common';
import { NoticeController } from './notice.controller.ts';
import { NoticeService } from './notice.service.ts';

@Global()
@Module({ controllers: [NoticeController], providers: [NoticeService], exports: [NoticeService] })
export class NoticesModule {}
