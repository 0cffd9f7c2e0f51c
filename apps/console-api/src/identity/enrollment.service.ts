import { Injectable } from '@nestjs/common';
import { AppError, DeviceId, type EnrollAnswer, type EnrollRequest } from '@tideline/contracts';
import { DataSource, type EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import type { z } from 'zod';
import { Clock } from '../platform/clock.ts';
import { NoticeService } from '../notices/notice.service.ts';
import { inTransaction } from '../platform/transaction.ts';
import { insertDevice } from './device.store.ts';
import {
  countUse,
  findEnrollee,
  findTokenForUpdate,
  isTokenFor,
  type Enrollee,
  type TokenRow,
} from './enrollment-token.store.ts';
import { deviceTopic } from './own-device.service.ts';
import { hashSecret } from './secret-token.ts';

type Request = z.output<typeof EnrollRequest>;

/** Lets a device in with an enrollment token; the token row's lock makes the last use go to one device only. */
@Injectable()
export class EnrollmentService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly notices: NoticeService,
  ) {}

  async enroll(request: Request, fromLoopback: boolean): Promise<z.input<typeof EnrollAnswer>> {
    const { answer, waits } = await inTransaction(this.dataSource, async (manager) => {
      const token = await findTokenForUpdate(manager, hashSecret(request.token));
      const usable = requireUsable(token, fromLoopback, this.clock.now());
      const user = await requireUser(manager, usable, request.email);
      const deviceId = DeviceId.parse(uuidv7());
      await countUse(manager, usable);
      await insertDevice(manager, {
        ...request,
        id: deviceId,
        name: request.deviceName,
        enterpriseId: usable.enterpriseId,
        userId: user.id,
        lifecycle: usable.preApproved ? 'active' : 'pending_approval',
        readsPersonalSpace: usable.readsPersonalSpace,
      });
      const answer = {
        deviceId,
        enterprise: { code: usable.enterpriseCode, name: usable.enterpriseName },
        user: { id: user.id, name: user.name, email: user.email },
      };
      if (usable.readsPersonalSpace) return { answer };
      const waits = { enterpriseId: usable.enterpriseId, to: user.id };
      await this.notices.tell(manager, {
        ...waits,
        topic: deviceTopic(deviceId),
        told: { kind: 'device_waits', deviceId, deviceName: request.deviceName },
      });
      return { answer, waits };
    });
    if (waits) this.notices.announce(waits);
    return answer;
  }
}

function requireUsable(token: TokenRow | undefined, fromLoopback: boolean, now: Date): TokenRow {
  if (!token || token.revoked) throw new AppError('TOKEN_WRONG');
  if (token.expiresAt !== null && token.expiresAt <= now) throw new AppError('TOKEN_EXPIRED');
  if (token.maxUses !== null && token.uses >= token.maxUses) throw new AppError('TOKEN_EXPIRED');
  if (token.loopbackOnly && !fromLoopback) throw new AppError('TOKEN_LOOPBACK_ONLY');
  return token;
}

async function requireUser(manager: EntityManager, token: TokenRow, email: string): Promise<Enrollee> {
  const user = await findEnrollee(manager, token.enterpriseId, email);
  if (!user) throw new AppError('USER_UNKNOWN', { email });
  if (user.disabled) throw new AppError('USER_DISABLED', { email });
  const isFor = token.anyUser || (await isTokenFor(manager, token, user.id));
  if (!isFor) throw new AppError('TOKEN_NOT_FOR_USER', { email });
  return user;
}
