import { randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { AppError, type LoginRequest, type Session } from '@tideline/contracts';
import { DataSource } from 'typeorm';
import type { z } from 'zod';
import { Clock } from '../platform/clock.ts';
import type { OperatorPrincipal, PersonPrincipal } from '../platform/principal.ts';
import { hashPassword, isPassword, randomPassword } from './password.ts';
import { hashSecret, newSecret } from './secret-token.ts';
import {
  deleteExpiredSessions,
  deleteSession,
  findAccount,
  findSession,
  insertSession,
  type SessionRow,
} from './session.store.ts';

const SESSION_HOURS = 12;

export type SignedIn = { readonly token: string; readonly session: Session; readonly expiresAt: Date };

/** Log-on of people: a random token in a cookie, of which the database knows only the hash. */
@Injectable()
export class SessionService {
  /** Compared with when there is no such account, so that the answer takes equally long. */
  private readonly decoyHash = hashPassword(randomPassword());

  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
  ) {}

  async login(request: z.output<typeof LoginRequest>): Promise<SignedIn> {
    const account = await findAccount(this.dataSource, request.email, request.enterpriseCode);
    const isRight = await isPassword(account?.passwordHash ?? (await this.decoyHash), request.password);
    if (!account?.passwordHash || !isRight) throw new AppError('WRONG_CREDENTIALS');
    const token = newSecret('tls');
    const expiresAt = new Date(this.clock.now().getTime() + SESSION_HOURS * 3_600_000);
    const csrfToken = randomBytes(24).toString('base64url');
    await deleteExpiredSessions(this.dataSource, this.clock.now());
    await insertSession(this.dataSource, {
      tokenHash: hashSecret(token),
      id: randomUUID(),
      account,
      csrfToken,
      expiresAt,
    });
    const session = await this.findByToken(token);
    if (!session) throw new AppError('WRONG_CREDENTIALS'); // disabled between the two statements
    return { token, session: toSession(session), expiresAt };
  }

  findByToken(token: string): Promise<SessionRow | undefined> {
    return findSession(this.dataSource, hashSecret(token), this.clock.now());
  }

  async logout(sessionId: string): Promise<void> {
    await deleteSession(this.dataSource, sessionId);
  }
}

export function toSession(row: SessionRow): Session {
  return {
    userId: row.userId,
    name: row.name,
    email: row.email,
    role: row.role,
    enterprise:
      row.enterpriseId !== null && row.enterpriseCode !== null && row.enterpriseName !== null
        ? { id: row.enterpriseId, code: row.enterpriseCode, name: row.enterpriseName }
        : null,
    csrfToken: row.csrfToken,
    expiresAt: row.expiresAt.toISOString(),
  };
}

export function toPrincipal(row: SessionRow): PersonPrincipal | OperatorPrincipal {
  if (row.role === 'operator') return { kind: 'operator', userId: row.userId, sessionId: row.id };
  if (row.enterpriseId === null) throw new Error('a session of a person has an enterprise');
  return { kind: 'person', enterpriseId: row.enterpriseId, userId: row.userId, role: row.role, sessionId: row.id };
}

export function isCsrfToken(session: SessionRow, header: string | string[] | undefined): boolean {
  if (typeof header !== 'string' || header.length !== session.csrfToken.length) return false;
  return timingSafeEqual(Buffer.from(header), Buffer.from(session.csrfToken));
}
