import { Module } from '@nestjs/common';
import { CopiesModule } from '../copies/copies.module.ts';
import { TransferController } from './transfer.controller.ts';
import { TransferService } from './transfer.service.ts';

/** Needs DriveModule and GrantsModule beside it. */
@Module({ imports: [CopiesModule], controllers: [TransferController], providers: [TransferService] })
export class SharesModule {}
