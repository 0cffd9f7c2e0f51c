import { AppError } from '@tideline/contracts';

/** The address a device may talk to, without a trailing slash. Plain http never leaves this machine. */
export function parseServerAddress(text: string): string {
  const url = URL.parse(text);
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new AppError('USAGE', {
      reason: `"${text}" is not the address of a console, such as https://console.example.`,
    });
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new AppError('USAGE', { reason: 'The address of a console has no log-on, query or fragment.' });
  }
  const server = `${url.origin}${url.pathname}`.replace(/\/+$/, '');
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) throw new AppError('PLAIN_HTTP_REFUSED', { server });
  return server;
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}
