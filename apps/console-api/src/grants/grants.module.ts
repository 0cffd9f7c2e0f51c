import { Global, Module } from '@nestjs/common';
import { AccessService } from './access.service.ts';
import { GrantService } from './grant.service.ts';
import { GrantsController } from './grants.controller.ts';

@Global()
@Module({
  controllers: [GrantsController],
  providers: [AccessService, GrantService],
  exports: [AccessService, GrantService],
})
export class GrantsModule {}
