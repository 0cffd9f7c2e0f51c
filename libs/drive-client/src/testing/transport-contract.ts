import { afterEach, describe, expect, it } from 'vitest';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { AppError, decodeFrame, encodeFrame, routes } from '@tideline/contracts';
import { sendError, sendJson, startLocalServer, type Answer, type LocalServer } from './local-server.ts';
import { createApiClient, type ApiClientOptions } from '../http/api-client.ts';
import type { Transport } from '../http/transport.ts';

const SPACE = '0190a000-0000-7000-8000-000000000001' as never;
const NODE = '0190a000-0000-7000-8000-000000000002' as never;
const HASH = 'a'.repeat(64) as never;

/** What the API client does over a way for requests to travel: the same over each of them. */
export function transportContract(name: string, transport: Transport): void {
  describe(`over ${name}`, () => {
    let server: LocalServer | undefined;
    afterEach(async () => {
      await server?.close();
      server = undefined;
    });

    async function clientOf(answer: Answer, options: Partial<ApiClientOptions> = {}) {
      server = await startLocalServer(answer);
      return createApiClient({ baseUrl: server.url, transport, newCorrelationId: () => 'c-7', ...options });
    }

    const changes = { items: [], cursor: 'c2', seq: 4, epoch: 'e', capsRev: 1, more: false };

    describe('a call', () => {
      it('fills path and query, and names protocol and correlation', async () => {
        const client = await clientOf((_, response) => sendJson(response, changes));
        const answer = await client.call(routes.drive.changes, {
          params: { spaceId: SPACE },
          query: { cursor: 'a b&c', root: NODE, limit: undefined },
        });
        expect(answer).toEqual(changes);
        expect(server?.requests[0]).toMatchObject({
          method: 'GET',
          path: `/api/spaces/${SPACE as string}/changes?cursor=a+b%26c&root=${NODE as string}`,
          headers: { 'tideline-protocol': '1', 'x-correlation-id': 'c-7' },
        });
      });

      it('encodes what stands in the path', async () => {
        const client = await clientOf((_, response) => sendJson(response, {}));
        await client.call(routes.enterprise.revokeEnrollmentToken, { params: { tokenId: 'a/../b?c' } });
        expect(server?.requests[0]?.path).toBe('/api/enrollment-tokens/a%2F..%2Fb%3Fc');
      });

      it('tolerates fields that a newer server added', async () => {
        const client = await clientOf((_, response) => sendJson(response, { ...changes, later: { added: true } }));
        const answer = await client.call(routes.drive.changes, {
          params: { spaceId: SPACE },
          query: { cursor: 'c', root: NODE },
        });
        expect(answer).toEqual(changes);
      });

      it('reads an unknown reason to be gone as revoked, never as deleted', async () => {
        const items = [{ type: 'gone', id: NODE, gone: 'dissolved', rev: 3 }];
        const client = await clientOf((_, response) => sendJson(response, { ...changes, items }));
        const answer = await client.call(routes.drive.changes, {
          params: { spaceId: SPACE },
          query: { cursor: 'c', root: NODE },
        });
        expect(answer.items).toEqual([{ type: 'gone', id: NODE, gone: 'revoked', rev: 3 }]);
      });

      it('leaves unknown rights out', async () => {
        const boundaries = [{ nodeId: NODE, atoms: ['teleport', 'list', 'beam', 'move'], syncRight: 'wizard' }];
        const client = await clientOf((_, response) => sendJson(response, { capsRev: 2, boundaries }));
        const answer = await client.call(routes.drive.caps, { params: { spaceId: SPACE }, query: { root: NODE } });
        expect(answer.boundaries).toEqual([{ nodeId: NODE, atoms: ['list', 'move'], syncRight: 'none' }]);
      });

      it('refuses an answer of another shape and says where it differs', async () => {
        const client = await clientOf((_, response) => sendJson(response, { ...changes, seq: 'four' }));
        const error = await failureOf(
          client.call(routes.drive.changes, { params: { spaceId: SPACE }, query: { cursor: 'c', root: NODE } }),
        );
        expect(error.code).toBe('INTERNAL');
        expect(error.details?.['places']).toEqual([expect.stringContaining('seq')]);
      });
    });

    describe('an error answer', () => {
      const call = async (answer: Answer) => failureOf((await clientOf(answer)).call(routes.session.current, {}));

      it('becomes an AppError of its code, with its parameters', async () => {
        const error = await call((_, response) =>
          sendJson(
            response,
            { code: 'LIMIT_TASKS', message: 'm', params: { max: 10 }, details: { a: 1 }, correlationId: 'c-1' },
            { status: 409 },
          ),
        );
        expect(error).toMatchObject({
          code: 'LIMIT_TASKS',
          params: { max: 10 },
          details: { a: 1, correlationId: 'c-1' },
        });
        expect(error.message).toBe('This device has 10 sync tasks already.');
      });

      it('becomes INTERNAL when its code is unknown, and keeps the code for the log', async () => {
        const error = await call((_, response) => sendError(response, 'MOON_PHASE', { status: 409 }));
        expect(error).toMatchObject({ code: 'INTERNAL', details: { wireCode: 'MOON_PHASE', status: 409 } });
      });

      it('becomes UNAVAILABLE for every 503, with the time to wait', async () => {
        const error = await call((_, response) =>
          sendError(response, 'DATABASE_UNREACHABLE', { status: 503, headers: { 'retry-after': '7' } }),
        );
        expect(error).toMatchObject({ code: 'UNAVAILABLE', details: { retryAfterMs: 7000 } });
      });

      it('is understood without a body of ours', async () => {
        const error = await call((_, response) =>
          response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>bad</h1>'),
        );
        expect(error.code).toBe('UNAVAILABLE');
      });
    });

    describe('no usable answer is SERVER_UNREACHABLE', () => {
      it('when nobody listens', async () => {
        const closed = createServer();
        await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
        const { port } = closed.address() as AddressInfo;
        await new Promise((resolve) => closed.close(resolve));
        const client = createApiClient({ baseUrl: `http://127.0.0.1:${port}`, transport });
        const error = await failureOf(client.call(routes.session.current, {}));
        expect(error).toMatchObject({ code: 'SERVER_UNREACHABLE', params: { server: `http://127.0.0.1:${port}` } });
      });

      it('when a page of the network answers instead', async () => {
        const client = await clientOf((_, response) =>
          response.writeHead(200, { 'content-type': 'text/html' }).end('sign on'),
        );
        expect((await failureOf(client.call(routes.session.current, {}))).code).toBe('SERVER_UNREACHABLE');
      });

      it('when it is sent elsewhere: credentials never follow a redirection', async () => {
        const client = await clientOf((_, response) => response.writeHead(302, { location: '/api/other' }).end());
        expect((await failureOf(client.call(routes.session.current, {}))).code).toBe('SERVER_UNREACHABLE');
        expect(server?.requests).toHaveLength(1);
      });

      it('when the answer breaks off', async () => {
        const client = await clientOf((_, response) => {
          response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
          response.write('{"half":');
          setImmediate(() => response.destroy());
        });
        expect((await failureOf(client.call(routes.session.current, {}))).code).toBe('SERVER_UNREACHABLE');
      });

      it('when it does not come in time', async () => {
        const client = await clientOf(() => undefined, { timeoutMs: 20 });
        expect((await failureOf(client.call(routes.session.current, {}))).code).toBe('SERVER_UNREACHABLE');
      });
    });

    it('throws the reason of the signal when the caller stops it', async () => {
      const stop = new AbortController();
      const client = await clientOf(() => stop.abort(new Error('paused')));
      await expect(client.call(routes.session.current, {}, { signal: stop.signal })).rejects.toThrow('paused');
    });

    describe('NOT_SIGNED_IN', () => {
      it('asks once for other headers and sends again', async () => {
        let token = 'old';
        const client = await clientOf(
          (request, response) =>
            request.headers.authorization === 'Bearer new'
              ? sendJson(response, { tasks: [] })
              : sendError(response, 'NOT_SIGNED_IN', { status: 401 }),
          { headers: () => ({ authorization: `Bearer ${token}` }), onUnauthorized: () => ((token = 'new'), true) },
        );
        expect(await client.call(routes.devices.tasks, {})).toEqual({ tasks: [] });
        expect(server?.requests).toHaveLength(2);
      });

      it('is told when other headers do not help', async () => {
        const client = await clientOf((_, response) => sendError(response, 'NOT_SIGNED_IN', { status: 401 }), {
          onUnauthorized: () => true,
        });
        expect((await failureOf(client.call(routes.devices.tasks, {}))).code).toBe('NOT_SIGNED_IN');
        expect(server?.requests).toHaveLength(2);
      });
    });

    describe('frames', () => {
      const pack = {
        params: { spaceId: SPACE },
        body: {
          chunks: [
            { hash: HASH, size: 3 },
            { hash: HASH, size: 200_000 },
          ],
        },
      };
      const parts = [new Uint8Array([1, 2, 3]), new Uint8Array(200_000).fill(7)];

      it.each([
        ['whole', {}],
        ['in pieces at a pace', { pace: { take: () => Promise.resolve(), isOpen: () => false } }],
      ])('carry header and bytes %s', async (_, options) => {
        const client = await clientOf((__, response) => sendJson(response, { stored: 2 }));
        expect(await client.sendFrame(routes.drive.putPack, pack, parts, options)).toEqual({ stored: 2 });
        const received = server?.requests[0];
        const frame = decodeFrame(received?.body ?? new Uint8Array());
        expect(received?.headers['content-type']).toBe('application/x-tideline-frame');
        expect(frame?.header).toEqual(pack.body);
        expect(Buffer.compare(frame?.bytes ?? new Uint8Array(), Buffer.concat(parts))).toBe(0);
      });

      const bundle = { params: { spaceId: SPACE }, body: { nodes: [{ nodeId: NODE, contentId: HASH }] } };
      const header = { items: [{ status: 'sent' as const, nodeId: NODE, contentId: HASH, size: 3 }] };

      it('are read header first, then part by part, however they are cut on the way', async () => {
        const client = await clientOf(async (_, response) => {
          response.writeHead(200, { 'content-type': 'application/x-tideline-frame' });
          for (const byte of Buffer.concat(encodeFrame(header, [Buffer.from('abc'), Buffer.from('defg')]))) {
            await new Promise<void>((resolve) => response.write(Buffer.from([byte]), () => resolve()));
          }
          response.end();
        });
        const frame = await client.callFrame(routes.drive.bundle, bundle);
        expect(frame.header).toEqual(header);
        expect(Buffer.from(await frame.read(3)).toString()).toBe('abc');
        expect(Buffer.from(await frame.read(4)).toString()).toBe('defg');
        await frame.end();
      });

      it('keep their connection for the next requests', async () => {
        const client = await clientOf((_, response) =>
          response.end(Buffer.concat(encodeFrame(header, [Buffer.from('abc')]))),
        );
        for (let turn = 0; turn < 10; turn += 1) {
          const frame = await client.callFrame(routes.drive.bundle, bundle);
          await frame.read(3);
          await frame.end();
        }
        // a second one may open while the first is just being given back
        expect(server?.connections()).toBeLessThanOrEqual(2);
      });

      it('that end too early are SERVER_UNREACHABLE', async () => {
        const client = await clientOf((_, response) =>
          response.end(Buffer.concat(encodeFrame(header, [Buffer.from('ab')]))),
        );
        const frame = await client.callFrame(routes.drive.bundle, bundle);
        expect((await failureOf(frame.read(3))).code).toBe('SERVER_UNREACHABLE');
      });

      it('without a readable header are INTERNAL', async () => {
        const client = await clientOf((_, response) => response.end(Buffer.from([255, 255, 255, 255, 1])));
        expect((await failureOf(client.callFrame(routes.drive.bundle, bundle))).code).toBe('INTERNAL');
      });
    });

    describe('a stream', () => {
      it('asks for its range and gives the bytes as they come', async () => {
        const client = await clientOf((_, response) => {
          response.writeHead(206, { 'content-range': 'bytes 2-5/10' }).end('cdef');
        });
        const runs: Uint8Array[] = [];
        const input = { params: { nodeId: NODE }, query: {} };
        for await (const run of await client.stream(routes.drive.content, input, { range: { from: 2, to: 6 } }))
          runs.push(run);
        expect(Buffer.concat(runs).toString()).toBe('cdef');
        expect(server?.requests[0]?.headers.range).toBe('bytes=2-5');
      });

      it('refuses the whole file where a part was asked for', async () => {
        const client = await clientOf((_, response) => response.writeHead(200).end('abcdefghij'));
        const input = { params: { nodeId: NODE }, query: {} };
        const error = await failureOf(client.stream(routes.drive.content, input, { range: { from: 2, to: 6 } }));
        expect(error.code).toBe('INTERNAL');
      });

      it('that breaks off is SERVER_UNREACHABLE', async () => {
        const client = await clientOf((_, response) => {
          response.writeHead(200, { 'content-length': '1000' });
          response.write('some', () => response.destroy());
        });
        const read = async () => {
          for await (const run of await client.stream(routes.drive.content, { params: { nodeId: NODE }, query: {} }))
            expect(run).toBeDefined();
        };
        expect((await failureOf(read())).code).toBe('SERVER_UNREACHABLE');
      });
    });

    describe('below the answers', () => {
      const input = { params: { nodeId: NODE }, query: {} };

      it('a redirect is followed by nobody', async () => {
        const client = await clientOf((_, response) => response.writeHead(302, { location: '/elsewhere' }).end());
        expect((await failureOf(client.call(routes.session.current, {}))).code).toBe('SERVER_UNREACHABLE');
        expect(server?.requests).toHaveLength(1);
      });

      it('whoever reads slowly slows the sender down', async () => {
        const total = 64 * 1024 * 1024;
        let sent = 0;
        const client = await clientOf(async (_, response) => {
          response.writeHead(200, { 'content-length': String(total) });
          const piece = Buffer.alloc(1024 * 1024, 5);
          const gone = once(response, 'close');
          while (sent < total && !response.destroyed) {
            sent += piece.length;
            if (!response.write(piece))
              await Promise.race([new Promise((resolve) => response.once('drain', resolve)), gone]);
          }
          response.end();
        });
        const runs = (await client.stream(routes.drive.content, input))[Symbol.asyncIterator]();
        await runs.next();
        // what the sockets of both sides buffer is far less than what is to come
        for (let before = -1; before !== sent;) {
          before = sent;
          for (let turn = 0; turn < 1000; turn += 1) await new Promise((resolve) => setImmediate(resolve));
        }
        expect(sent).toBeLessThan(total);
        let rest = 0;
        for (let next = await runs.next(); !next.done; next = await runs.next()) rest += next.value.length;
        expect(sent).toBe(total);
        expect(rest).toBeGreaterThan(total / 2);
      });

      it('a stop in the middle of an answer ends it with the reason of the caller', async () => {
        const stop = new AbortController();
        const client = await clientOf((_, response) => {
          response.writeHead(200, { 'content-length': '1000' }).write('some');
        });
        const runs = await client.stream(routes.drive.content, input, { signal: stop.signal });
        const read = async () => {
          for await (const run of runs) if (run.length > 0) stop.abort(new Error('paused'));
        };
        await expect(read()).rejects.toThrow('paused');
      });

      it('a paced body that is refused before its end is not sent to the end', async () => {
        const refusing = createHttpServer((_, response) => sendError(response, 'QUOTA_EXCEEDED', { status: 507 }));
        await new Promise<void>((resolve) => refusing.listen(0, '127.0.0.1', resolve));
        const { port } = refusing.address() as AddressInfo;
        const client = createApiClient({ baseUrl: `http://127.0.0.1:${port}`, transport });
        const body = { chunks: [{ hash: HASH, size: 8_000_000 }] };
        const gate = Promise.withResolvers<void>();
        let paced = 0;
        const take = () => ((paced += 1) < 3 ? Promise.resolve() : gate.promise);
        const pace = { take, isOpen: () => false };
        const frame = { params: { spaceId: SPACE }, body };
        const sending = client.sendFrame(routes.drive.putPack, frame, [new Uint8Array(8_000_000)], { pace });
        expect((await failureOf(sending)).code).toBe('QUOTA_EXCEEDED');
        gate.resolve();
        expect(paced).toBe(3);
        refusing.closeAllConnections();
        await new Promise((resolve) => refusing.close(resolve));
      });
    });
  });
}

async function failureOf(work: Promise<unknown>): Promise<AppError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(AppError);
  return error as AppError;
}
