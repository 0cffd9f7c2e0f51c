import type { IncomingMessage } from 'node:http';
import type { INestApplicationContext } from '@nestjs/common';
import { WsAdapter } from '@nestjs/platform-ws';
import { AppError, MAX_SOCKET_MESSAGE_BYTES } from '@tideline/contracts';
import { ERROR_STATUS } from '../platform/error-status.ts';
import { setCaller } from '../platform/request-principal.ts';
import type { Principal } from '../platform/principal.ts';
import { parseSocketMessage } from './socket-message.ts';

type Verdict = (isAllowed: boolean, status?: number, text?: string) => void;
export type FindSocketPrincipal = (headers: IncomingMessage['headers']) => Promise<Principal | undefined>;

/** Lets sockets in at their upgrade, bounded in size; who is not known gets an HTTP status instead of a socket. */
export class ConsoleWsAdapter extends WsAdapter {
  constructor(
    app: INestApplicationContext,
    private readonly findPrincipal: FindSocketPrincipal,
  ) {
    super(app, { messageParser: (data) => parseSocketMessage(data) });
  }

  override create(port: number, options?: Record<string, unknown>): unknown {
    const verifyClient = (info: { req: IncomingMessage }, verdict: Verdict) => void this.verify(info.req, verdict);
    return super.create(port, {
      ...options,
      maxPayload: MAX_SOCKET_MESSAGE_BYTES,
      perMessageDeflate: false,
      verifyClient,
    } as never);
  }

  private async verify(request: IncomingMessage, verdict: Verdict): Promise<void> {
    try {
      const principal = await this.findPrincipal(request.headers);
      if (!principal) return verdict(false, 401, 'NOT_SIGNED_IN');
      if (principal.kind === 'operator') return verdict(false, 403, 'FORBIDDEN');
      setCaller(request, principal);
      verdict(true);
    } catch (error) {
      if (error instanceof AppError) verdict(false, ERROR_STATUS[error.code], error.code);
      else verdict(false, 503, 'UNAVAILABLE');
    }
  }
}
