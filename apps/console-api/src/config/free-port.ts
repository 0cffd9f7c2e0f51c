import { createServer } from 'node:net';
import { AppError } from '@tideline/contracts';

/** Looked at before anything is started: a port in use, or an address of another machine, must not cost a database start. */
export async function requireFreePort(host: string, port: number): Promise<void> {
  const failure = await tryListen(host, port);
  if (!failure) return;
  if (failure.code === 'EADDRINUSE') throw new AppError('PORT_IN_USE', { port });
  throw new AppError('CONFIG_INVALID', { reason: describe(failure, { host, port }) }, { cause: failure });
}

function describe({ code = 'unknown' }: NodeJS.ErrnoException, { host, port }: { host: string; port: number }): string {
  switch (code) {
    case 'EADDRNOTAVAIL':
      return `TIDELINE_HOST ${host} is not an address of this machine.`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `TIDELINE_HOST ${host} is a name that is not known here.`;
    case 'EACCES':
      return `TIDELINE_PORT ${port} needs more rights than this process has.`;
    default:
      return `TIDELINE_HOST ${host} and TIDELINE_PORT ${port} cannot be listened on (${code}).`;
  }
}

function tryListen(host: string, port: number): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', resolve);
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}
