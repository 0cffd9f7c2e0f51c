import { createServer } from 'node:net';
import { AppError } from '@tideline/contracts';

/** Looked at before anything is started: a port in use must not cost a database start. */
export async function requireFreePort(host: string, port: number): Promise<void> {
  if (port === 0) return;
  const failure = await tryListen(host, port);
  if (failure?.code === 'EADDRINUSE') throw new AppError('PORT_IN_USE', { port });
  if (failure)
    throw new AppError('CONFIG_INVALID', { reason: `${host}:${port} cannot be listened on (${failure.code})` });
}

function tryListen(host: string, port: number): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', resolve);
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}
