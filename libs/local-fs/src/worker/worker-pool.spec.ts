import { beforeEach, describe, expect, it } from 'vitest';
import type { FixtureReply, FixtureRequest } from './pool-worker.fixture.ts';
import { createWorkerPool, type WorkerPool } from './worker-pool.ts';

let pool: WorkerPool<FixtureRequest, FixtureReply>;
beforeEach(() => {
  pool = createWorkerPool({ importerUrl: import.meta.url, name: 'pool-worker.fixture', size: 2 });
});

type Work = Omit<FixtureRequest, 'id'>;

/** The thread that answered. */
function call(key: string, work: Work = { work: 'answer' }): Promise<number> {
  return new Promise((resolve, reject) => {
    pool.send({
      key,
      request: (id) => ({ id, ...work }),
      onReply: (reply) => {
        resolve(reply.threadId);
        return true;
      },
      onFail: reject,
    });
  });
}

const closedGate = (): Int32Array => new Int32Array(new SharedArrayBuffer(4));
function open(gate: Int32Array): void {
  Atomics.store(gate, 0, 1);
  Atomics.notify(gate, 0);
}

describe('a pool of workers', () => {
  it('uses one worker as long as it is idle', async () => {
    expect(await call('a')).toBe(await call('b'));
  });

  it('gives a second root a worker of its own while the first one is busy', async () => {
    const gate = closedGate();
    const slow = call('a', { work: 'wait', gate });
    const quick = await call('b');
    open(gate);
    expect(await slow).not.toBe(quick);
  });

  it('never runs two calls on one root at once', async () => {
    const gate = closedGate();
    const first = call('a', { work: 'wait', gate });
    const second = call('a');
    await call('b');
    open(gate);
    expect(await second).toBe(await first);
  });

  it('starts no more workers than it may', async () => {
    const gate = closedGate();
    const calls = ['a', 'b', 'c', 'd'].map((key) => call(key, { work: 'wait', gate }));
    open(gate);
    expect(new Set(await Promise.all(calls)).size).toBe(2);
  });

  it('ends a worker that nobody needs any more, and starts another when somebody does', async () => {
    pool = createWorkerPool({ importerUrl: import.meta.url, name: 'pool-worker.fixture', size: 1, retireAfterMs: 0 });
    const first = await call('a');
    await new Promise<void>((resolve) => setTimeout(resolve, 1)); // later than the timer that was set before
    expect(await call('a')).not.toBe(first);
  });

  it('fails the calls of a worker that dies and goes on with a new one', async () => {
    const before = await call('a');
    await expect(call('a', { work: 'die' })).rejects.toThrow('the disk caught fire');
    expect(await call('a')).not.toBe(before);
  });
});
