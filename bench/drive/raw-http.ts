import { Agent, request, type IncomingMessage } from 'node:http';

/** A request whose bytes cost the client as little as possible: what is measured is the server. */
export type RawCall = {
  readonly url: string;
  readonly method: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: readonly Uint8Array[];
  readonly agent: Agent;
  /** Gets every piece of the answer; without it they are counted and thrown away. */
  readonly onPiece?: (piece: Uint8Array) => void;
};
export type RawAnswer = { readonly bytes: number; readonly text: string };

const MAX_TEXT_BYTES = 100_000;

export function keepAlive(connections: number): Agent {
  return new Agent({ keepAlive: true, maxSockets: connections });
}

/** Sends and reads with back-pressure; throws when the answer is no success. */
export async function rawCall(call: RawCall): Promise<RawAnswer> {
  const sizeBytes = (call.body ?? []).reduce((sum, part) => sum + part.length, 0);
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const { method, agent } = call;
    const headers = { ...call.headers, 'content-length': sizeBytes };
    const outgoing = request(call.url, { method, agent, headers }, resolve);
    outgoing.once('error', reject);
    void writeAll(outgoing, call.body ?? []);
  });
  const { bytes, text } = await readAll(answer, call.onPiece);
  if (answer.statusCode !== 200 && answer.statusCode !== 206) {
    throw new Error(`${call.method} ${call.url}: ${answer.statusCode} ${text.slice(0, 500)}`);
  }
  return { bytes, text };
}

async function writeAll(outgoing: ReturnType<typeof request>, parts: readonly Uint8Array[]): Promise<void> {
  for (const part of parts) {
    if (!outgoing.write(part)) await new Promise((resolve) => outgoing.once('drain', resolve));
  }
  outgoing.end();
}

function readAll(answer: IncomingMessage, onPiece?: (piece: Uint8Array) => void): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    let bytes = 0;
    const kept: Uint8Array[] = [];
    answer.on('data', (piece: Buffer) => {
      bytes += piece.length;
      if (bytes <= MAX_TEXT_BYTES) kept.push(piece);
      onPiece?.(piece);
    });
    answer.once('error', reject);
    answer.once('end', () => resolve({ bytes, text: Buffer.concat(kept).toString() }));
  });
}
