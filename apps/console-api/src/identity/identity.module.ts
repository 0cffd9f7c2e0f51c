import { Module } from '@nestjs/common';
import { PRINCIPAL_SOURCE } from '../platform/auth.guard.ts';
import { DeviceGate } from './device-gate.ts';
import { DeviceTokenService } from './device-token.service.ts';
import { EnrollmentTokenService } from './enrollment-token.service.ts';
import { EnrollmentController } from './enrollment.controller.ts';
import { EnrollmentService } from './enrollment.service.ts';
import { OwnDeviceController } from './own-device.controller.ts';
import { OwnDeviceService } from './own-device.service.ts';
import { PeopleController } from './people.controller.ts';
import { PeopleService } from './people.service.ts';
import { IdentityPrincipalSource } from './principal-source.ts';
import { SessionController } from './session.controller.ts';
import { SessionService } from './session.service.ts';

@Module({
  controllers: [SessionController, EnrollmentController, OwnDeviceController, PeopleController],
  providers: [
    DeviceGate,
    DeviceTokenService,
    EnrollmentService,
    EnrollmentTokenService,
    IdentityPrincipalSource,
    OwnDeviceService,
    PeopleService,
    SessionService,
    { provide: PRINCIPAL_SOURCE, useExisting: IdentityPrincipalSource },
  ],
  exports: [PRINCIPAL_SOURCE, IdentityPrincipalSource, DeviceGate, PeopleService, EnrollmentTokenService],
})
export class IdentityModule {}
