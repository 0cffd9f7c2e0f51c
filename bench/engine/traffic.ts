import { createServer, request } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';

/** Requests by which contents travel in either direction: uploads, bundles, files. */
const CONTENTS = /\/(batch|packs?|bundle|content)(\?|$)/;

export type Traffic = {
  /** What a device is to be told instead of the console's own address. */
  readonly url: string;
  counts(): { readonly requests: number; readonly contents: number };
  close(): Promise<void>;
};

/** A way to the console that counts what goes over it. */
export async function countTraffic(target: string): Promise<Traffic> {
  const { hostname, port } = new URL(target);
  let requests = 0;
  let contents = 0;
  const onward = (asked: IncomingMessage) => {
    if (CONTENTS.test(asked.url ?? '')) contents += 1;
    return request({ hostname, port, path: asked.url, method: asked.method, headers: asked.headers });
  };
  const server = createServer((asked: IncomingMessage, answer: ServerResponse) => {
    requests += 1;
    const upstream = onward(asked);
    upstream.once('response', (reply) => {
      answer.writeHead(reply.statusCode ?? 502, reply.headers);
      reply.pipe(answer);
    });
    upstream.on('error', () => answer.destroy());
    asked.pipe(upstream);
  });
  server.on('upgrade', (_asked: IncomingMessage, socket: Duplex) => {
    // Without the socket a device asks now and then, which is enough here.
    requests += 1;
    socket.destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    counts: () => ({ requests, contents }),
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
