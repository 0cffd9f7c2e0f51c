import { Readable } from 'node:stream';
import { encodeFrame } from '@tideline/contracts';
import { describe, expect, it } from 'vitest';
import { FrameReader } from './frame-reader.ts';

const parts = [Buffer.from('first'), Buffer.from('second part')];
const whole = Buffer.concat(encodeFrame({ hello: 'wörld' }, parts));

/** The same bytes as the network may cut them. */
function inPieces(bytes: Buffer, size: number): Readable {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  return Readable.from(pieces);
}

describe('FrameReader', () => {
  it.each([1, 3, 7, 1000])('reads header and parts from pieces of %d bytes', async (size) => {
    const frame = new FrameReader(inPieces(whole, size));
    expect(await frame.header()).toEqual({ hello: 'wörld' });
    expect(Buffer.from(await frame.bytes(5)).toString()).toBe('first');
    const second: Uint8Array[] = [];
    for await (const piece of frame.take(11)) second.push(piece);
    expect(Buffer.concat(second).toString()).toBe('second part');
    await frame.requireEnd();
  });

  it.each([0, 3, 10, whole.length - 1])('says that a frame of %d bytes is cut short', async (length) => {
    const frame = new FrameReader(inPieces(whole.subarray(0, length), 4));
    const read = async () => {
      await frame.header();
      await frame.bytes(16);
    };
    await expect(read()).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });

  it('refuses bytes after the last part and headers that are no JSON or far too long', async () => {
    const longer = new FrameReader(inPieces(Buffer.concat([whole, Buffer.from('x')]), 9));
    await longer.header();
    await longer.bytes(16);
    await expect(longer.requireEnd()).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    for (const bytes of [
      Buffer.from('\0\0\0\x02{{'),
      Buffer.from([0, 0, 0, 2, 0xff, 0xfe]),
      Buffer.from([0xff, 0, 0, 0]),
    ]) {
      await expect(new FrameReader(inPieces(bytes, 3)).header()).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    }
  });

  it('lets the rest of a refused frame run off to its end', async () => {
    const stream = inPieces(Buffer.concat([whole, Buffer.alloc(1_000_000)]), 1000);
    const ended = new Promise((resolve) => stream.once('end', resolve));
    const frame = new FrameReader(stream);
    await frame.header();
    await frame.discard();
    await ended;
    expect(stream.readableEnded).toBe(true);
  });

  it('reads no further than it is asked', async () => {
    let given = 0;
    const source = function* () {
      yield whole;
      for (; given < 1000; given++) yield Buffer.alloc(64 * 1024);
    };
    const frame = new FrameReader(Readable.from(source()));
    await frame.header();
    await frame.bytes(100);
    expect(given).toBeLessThan(50);
  });
});
