import { describe, expect, it } from 'vitest';
import { TransferMemory } from './transfer-memory.ts';

const KIB = 1024;
const going = new AbortController().signal;
/** Whether a promise is settled by now, without waiting for anything but what is due. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol();
  const first = await Promise.race([promise, new Promise((resolve) => setImmediate(resolve, pending))]);
  return first !== pending;
}

describe('memory of transfers', () => {
  it('lets in what fits, and the next when there is room again, first come first served', async () => {
    const memory = new TransferMemory(100);
    const first = await memory.take(60, going);
    const second = memory.take(50, going);
    const third = memory.take(10, going);
    expect(await isSettled(second)).toBe(false);
    expect(await isSettled(third)).toBe(false); // it would fit, but came later
    first.release();
    await second;
    await third;
    expect(memory.heldBytes).toBe(60);
    expect(memory.peakBytes).toBe(60);
  });

  it('lets in alone what is larger than the limit', async () => {
    const memory = new TransferMemory(100);
    const small = await memory.take(1, going);
    const large = memory.take(500, going);
    expect(await isSettled(large)).toBe(false);
    small.release();
    (await large).release();
    expect(memory.heldBytes).toBe(0);
  });

  it('[D16] keeps some of it for little, which never waits behind much, and nothing for nothing', async () => {
    const memory = new TransferMemory(64);
    const large = await memory.take(56, going); // eight are kept
    const much = memory.take(20, going);
    const nothing = await memory.take(0, going);
    const first = await memory.take(4, going);
    await memory.take(4, going);
    const third = memory.take(4, going);
    expect(await isSettled(third)).toBe(false);
    first.release();
    await third;
    expect(await isSettled(much)).toBe(false);
    nothing.release();
    large.release();
    await much;
    expect(memory.heldBytes).toBe(28);
    expect(memory.peakBytes).toBe(64);
  });

  it('counts a release once', async () => {
    const memory = new TransferMemory(100);
    const held = await memory.take(40, going);
    await memory.take(40, going);
    held.release();
    held.release();
    expect(memory.heldBytes).toBe(40);
  });

  it('lets those behind go first when the one in front is stopped', async () => {
    const memory = new TransferMemory(100);
    await memory.take(60, going);
    const stop = new AbortController();
    const stopped = memory.take(90, stop.signal);
    const behind = memory.take(20, going);
    stop.abort(new Error('paused'));
    await expect(stopped).rejects.toThrow('paused');
    await behind;
    expect(memory.heldBytes).toBe(80);
    await expect(memory.take(1, stop.signal)).rejects.toThrow('paused');
  });

  it('uses a buffer again while anything is held, and keeps none when nothing is', async () => {
    const memory = new TransferMemory(4096 * KIB);
    const held = await memory.take(1, going);
    const first = await memory.takeBuffer(1000 * KIB, going);
    expect(first.buffer.length).toBe(1024 * KIB);
    first.release();
    const second = await memory.takeBuffer(700 * KIB, going);
    expect(second.buffer).toBe(first.buffer);
    second.release();
    held.release();
    const third = await memory.takeBuffer(700 * KIB, going);
    expect(third.buffer).not.toBe(first.buffer);
  });

  it('counts what other threads see with the rest, uses it again, and never in place of the other kind', async () => {
    const memory = new TransferMemory(1024 * KIB);
    const held = await memory.take(1, going);
    const first = await memory.takeSharedBuffer(500 * KIB, going);
    expect(first.buffer.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(memory.heldBytes).toBe(512 * KIB + 1);
    first.release();
    const own = await memory.takeBuffer(200 * KIB, going);
    expect(own.buffer.buffer).toBeInstanceOf(ArrayBuffer);
    own.release();
    const second = await memory.takeSharedBuffer(500 * KIB, going);
    expect(second.buffer).toBe(first.buffer);
    second.release();
    held.release();
    expect((await memory.takeSharedBuffer(500 * KIB, going)).buffer).not.toBe(first.buffer);
  });

  it('lets go of free buffers of either kind where they do not fit beside what is held', async () => {
    const memory = new TransferMemory(1024 * KIB);
    const held = await memory.take(1, going);
    const shared = await memory.takeSharedBuffer(256 * KIB, going);
    shared.release();
    const large = await memory.takeBuffer(512 * KIB, going);
    const other = await memory.takeBuffer(256 * KIB, going);
    large.release();
    other.release();
    held.release();
    const fresh = await memory.takeSharedBuffer(256 * KIB, going);
    expect(fresh.buffer).not.toBe(shared.buffer);
  });

  it('never gives one buffer to two', async () => {
    const memory = new TransferMemory(4096 * KIB);
    const [first, second] = await Promise.all([memory.takeBuffer(1, going), memory.takeBuffer(1, going)]);
    expect(first.buffer).not.toBe(second.buffer);
  });
});
