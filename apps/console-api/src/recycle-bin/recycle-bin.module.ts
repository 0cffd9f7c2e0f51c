import { Module } from '@nestjs/common';
import { BinController } from './bin.controller.ts';
import { BinService } from './bin.service.ts';
import { PurgeService } from './purge.service.ts';

@Module({ controllers: [BinController], providers: [BinService, PurgeService], exports: [BinService, PurgeService] })
export class RecycleBinModule {}
