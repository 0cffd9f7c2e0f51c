import { Global, Module } from '@nestjs/common';
import { AccessService } from './access.service.ts';

@Global()
@Module({ providers: [AccessService], exports: [AccessService] })
export class GrantsModule {}
