import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { AppError } from '@tideline/contracts';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { ERROR_STATUS } from './error-status.ts';
import { toAppError, toErrorBody } from './error.filter.ts';

/** Refusals of the router, before any route is found: told like all others, without the address that was asked for. */
export function answerFrameworkError(thrown: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  const isLong = thrown.code === 'FST_ERR_MAX_PARAM_LENGTH';
  const reason = isLong ? 'a part of the address is too long' : 'the address is not well formed';
  const error = thrown.code.startsWith('FST_ERR') ? new AppError('INVALID_INPUT', { reason }) : toAppError(thrown);
  void reply.status(ERROR_STATUS[error.code]).send(toErrorBody(error, request.id));
}

/** What is no HTTP, or has headers beyond all measure: the last words on a connection that then closes. */
export function answerClientError(thrown: NodeJS.ErrnoException, socket: Socket): void {
  if (thrown.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const isLarge = thrown.code === 'HPE_HEADER_OVERFLOW';
  const reason = isLarge ? 'its headers are too large' : 'the request is not well-formed HTTP';
  const error = new AppError('INVALID_INPUT', { reason });
  const body = JSON.stringify(toErrorBody(error, randomUUID()));
  const status = isLarge ? '431 Request Header Fields Too Large' : '400 Bad Request';
  const head = [`HTTP/1.1 ${status}`, 'content-type: application/json; charset=utf-8', 'connection: close'];
  socket.end(`${[...head, `content-length: ${Buffer.byteLength(body)}`].join('\r\n')}\r\n\r\n${body}`);
}
