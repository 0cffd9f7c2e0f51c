import { isPieces, type AnswerBody, type RequestBody, type Transport } from './transport.ts';

export function fetchTransport(fetchNow: typeof globalThis.fetch = globalThis.fetch): Transport {
  return async ({ url, method, headers, body, signal }) => {
    const response = await fetchNow(url, { method, headers, redirect: 'error', signal, ...initOf(body) });
    return {
      status: response.status,
      header: (name) => response.headers.get(name),
      body: answerBody(response),
    };
  };
}

function initOf(body: RequestBody): RequestInit {
  if (body === undefined) return {};
  if (isPieces(body)) return { body: toStream(body), duplex: 'half' } as RequestInit;
  // One buffer carries a content length.
  return { body: typeof body === 'string' ? body : join(body) };
}

function toStream(pieces: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = pieces[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const next = await iterator.next();
      if (next.done) controller.close();
      else controller.enqueue(next.value);
    },
    cancel: async () => void (await iterator.return?.()),
  });
}

function join(runs: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(runs.reduce((sum, run) => sum + run.length, 0));
  let at = 0;
  for (const run of runs) {
    whole.set(run, at);
    at += run.length;
  }
  return whole;
}

function answerBody(response: Response): AnswerBody {
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  return {
    next: async () => {
      reader ??= response.body?.getReader();
      const result = await reader?.read();
      return result && !result.done ? result.value : undefined;
    },
    text: () => response.text(),
    cancel: async () => {
      await (reader ?? response.body)?.cancel();
    },
  };
}
