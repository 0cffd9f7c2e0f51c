import { randomBytes, randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AppError, DeviceId, type ChallengeAnswer, type TokenAnswer, type TokenRequest } from '@tideline/contracts';
import { SignJWT, jwtVerify } from 'jose';
import { DataSource } from 'typeorm';
import { z } from 'zod';
import { Clock } from '../platform/clock.ts';
import type { DevicePrincipal } from '../platform/principal.ts';
import { DeviceGate } from './device-gate.ts';
import { isSignedChallenge } from './device-key.ts';
import { ensureServerSecret, findDeviceLogin, spendChallenge, updateAgentVersion } from './device.store.ts';

const CHALLENGE_MS = 60_000;
const ACCESS_TOKEN_MS = 15 * 60_000;
const SECRET_NAME = 'device-token';

const Challenge = z.object({ sub: DeviceId, jti: z.uuid(), exp: z.number() });
const AccessToken = z.object({ sub: DeviceId, ver: z.string() });

/** Devices log on by signing a challenge; what they get is short-lived and asks the gate on every call. */
@Injectable()
export class DeviceTokenService {
  private secret: Promise<Buffer> | undefined;

  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly gate: DeviceGate,
  ) {}

  /** Answers for unknown devices too: who has no key learns nothing. */
  async challenge(deviceId: DeviceId): Promise<z.input<typeof ChallengeAnswer>> {
    const expiresAt = this.after(CHALLENGE_MS);
    const challenge = await this.sign({ jti: randomUUID() }, { subject: deviceId, audience: 'challenge', expiresAt });
    return { challenge, expiresAt: expiresAt.toISOString() };
  }

  async exchange(request: z.output<typeof TokenRequest>): Promise<z.input<typeof TokenAnswer>> {
    const challenge = await this.read(request.challenge, 'challenge', Challenge);
    const device = await findDeviceLogin(this.dataSource, request.deviceId);
    if (!challenge || challenge.sub !== request.deviceId || !device) throw new AppError('NOT_SIGNED_IN');
    if (!isSignedChallenge(device.publicKey, request.challenge, request.signature)) throw new AppError('NOT_SIGNED_IN');
    const spent = await spendChallenge(
      this.dataSource,
      challenge.jti,
      new Date(challenge.exp * 1000),
      this.clock.now(),
    );
    if (!spent) throw new AppError('NOT_SIGNED_IN');
    this.gate.requireOpen(device);
    await updateAgentVersion(this.dataSource, device, request.agentVersion);
    const expiresAt = this.after(ACCESS_TOKEN_MS);
    const claims = { ver: request.agentVersion };
    const accessToken = await this.sign(claims, { subject: device.id, audience: 'api', expiresAt });
    return { accessToken, expiresAt: expiresAt.toISOString() };
  }

  /** The device of an access token; refuses those that were suspended since. */
  async findPrincipal(accessToken: string): Promise<DevicePrincipal | undefined> {
    const token = await this.read(accessToken, 'api', AccessToken);
    if (!token) return undefined;
    const device = await this.gate.getOpen(token.sub);
    return {
      kind: 'device',
      enterpriseId: device.enterpriseId,
      userId: device.userId,
      deviceId: device.id,
      agentVersion: token.ver,
      readsPersonalSpace: device.readsPersonalSpace,
    };
  }

  private after(ms: number): Date {
    return new Date(this.clock.now().getTime() + ms);
  }

  private async sign(
    claims: Record<string, string>,
    about: { subject: string; audience: string; expiresAt: Date },
  ): Promise<string> {
    return new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(about.subject)
      .setAudience(about.audience)
      .setExpirationTime(about.expiresAt)
      .sign(await this.getSecret());
  }

  private async read<S extends z.ZodType>(
    token: string,
    audience: string,
    schema: S,
  ): Promise<z.output<S> | undefined> {
    const options = { audience, algorithms: ['HS256'], currentDate: this.clock.now() };
    const secret = await this.getSecret();
    const verified = await jwtVerify(token, secret, options).catch(() => undefined); // forged or expired: not signed in
    return verified && schema.safeParse(verified.payload).data;
  }

  private getSecret(): Promise<Buffer> {
    this.secret ??= ensureServerSecret(this.dataSource, SECRET_NAME, randomBytes(32)).catch((error: unknown) => {
      this.secret = undefined; // asked again by the next call
      throw error;
    });
    return this.secret;
  }
}
