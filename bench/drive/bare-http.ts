import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * What Node's HTTP server does without any of ours, as a process of its own: the limit that transfers are compared with.
 * PUT /drain throws the body away, PUT /hash computes its SHA-256 as well, GET /send?bytes=n answers n bytes. Prints its port.
 */
const PIECE = Buffer.alloc(1024 * 1024, 7);

const server = createServer((request, response) => {
  if (request.method === 'GET') {
    let leftBytes = Number(new URL(request.url ?? '', 'http://x').searchParams.get('bytes'));
    response.writeHead(200, { 'content-length': leftBytes });
    const send = () => {
      while (leftBytes > 0) {
        const piece = PIECE.subarray(0, leftBytes);
        leftBytes -= piece.length;
        if (!response.write(piece)) return void response.once('drain', send);
      }
      response.end();
    };
    send();
    return;
  }
  const sha256 = request.url === '/hash' ? createHash('sha256') : undefined;
  request.on('data', (piece: Buffer) => sha256?.update(piece));
  request.on('end', () => response.end(sha256?.digest('hex') ?? ''));
});
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
process.once('disconnect', () => process.exit());
