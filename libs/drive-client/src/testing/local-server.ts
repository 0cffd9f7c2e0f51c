import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A real HTTP server on the loopback address, for specs of what really travels. */
export type LocalServer = {
  readonly url: string;
  readonly requests: readonly ReceivedRequest[];
  /** TCP connections accepted so far: tells whether they are kept and used again. */
  connections(): number;
  close(): Promise<void>;
};

export type ReceivedRequest = {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
};

/** Answers one request; `index` counts them from 0. What it returns is waited for and means nothing. */
export type Answer = (request: ReceivedRequest, response: ServerResponse, index: number) => unknown;

export async function startLocalServer(answer: Answer): Promise<LocalServer> {
  const requests: ReceivedRequest[] = [];
  let connections = 0;
  const server = createServer((incoming, response) => {
    void receive(incoming).then((request) => answer(request, response, requests.push(request) - 1));
  });
  server.on('connection', () => (connections += 1));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    connections: () => connections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function receive(incoming: IncomingMessage): Promise<ReceivedRequest> {
  const runs: Buffer[] = [];
  try {
    for await (const run of incoming) runs.push(run as Buffer);
  } catch {
    // the client went away: what arrived is what there is
  }
  return {
    method: incoming.method ?? '',
    path: incoming.url ?? '',
    headers: incoming.headers,
    body: Buffer.concat(runs),
  };
}

type Head = { readonly status?: number; readonly headers?: Readonly<Record<string, string>> };

export function sendJson(response: ServerResponse, body: unknown, { status = 200, headers = {} }: Head = {}): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
  response.end(JSON.stringify(body));
}

export function sendError(response: ServerResponse, code: string, head: Head): void {
  sendJson(response, { code, message: `it is ${code}`, correlationId: 'c-1' }, head);
}
