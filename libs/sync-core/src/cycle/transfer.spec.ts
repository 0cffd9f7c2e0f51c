import { AppError } from '@tideline/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Cloud } from '../ports/cloud.ts';
import type { Disk } from '../ports/disk.ts';
import type { MemoryCloud } from '../testing/memory-cloud.ts';
import type { TestDevice } from '../testing/test-device.ts';
import { CycleWorld, instead, replace } from './cycle-world.fixture.ts';
import { runCycle } from './run-cycle.ts';

const MIB = 1024 * 1024;
/** What the fake disk cuts large files into. */
const PIECE_BYTES = 3 * MIB;

let world: CycleWorld;
let cloud: MemoryCloud;
let a: TestDevice;
let b: TestDevice;

beforeEach(() => {
  world = new CycleWorld();
  ({ cloud } = world);
  a = world.device(1);
  b = world.device(2);
});

/** A large file, one letter for each of its pieces. */
const film = (letters: string): string => [...letters].map((letter) => letter.repeat(PIECE_BYTES)).join('');
const brief = (text: string | null | undefined): string | undefined => text?.replaceAll(/(.)\1*/g, '$1');

function through(on: TestDevice, methods: Partial<Cloud>): void {
  replace(on, { cloud: instead<Cloud>(cloud, methods) });
}

function withDisk(on: TestDevice, methods: Partial<Disk>): void {
  replace(on, { disk: instead<Disk>(on.disk, methods) });
}

/** Counts the bytes that a device fetches of large files; `pass` may let them through, change them or break off. */
function watchContent(
  on: TestDevice,
  pass: (bytes: Uint8Array, at: number) => Uint8Array = (bytes) => bytes,
): { bytes: number } {
  const seen = { bytes: 0 };
  through(on, {
    async *content(nodeId, range) {
      let at = range.from;
      for await (const bytes of cloud.content(nodeId, range)) {
        yield pass(bytes, at);
        at += bytes.length;
        seen.bytes += bytes.length;
      }
    },
  });
  return seen;
}

/** The letters of the chunks that were sent, one string per request; `before` runs ahead of each. */
function watchPacks(on: TestDevice, before: (number: number) => void = () => undefined): string[] {
  const sent: string[] = [];
  through(on, {
    putPack: async (chunks) => {
      before(sent.length + 1);
      sent.push(chunks.map(({ bytes }) => String.fromCharCode(bytes[0] ?? 0)).join(''));
      await cloud.putPack(chunks);
    },
  });
  return sent;
}

const lost = (): never => {
  throw new AppError('SERVER_UNREACHABLE', { server: 'x' });
};

/** Every content that ever became a version. */
function committed(): (string | undefined)[] {
  return [...world.kept()].map(brief).sort();
}

describe('downloads of large files', () => {
  beforeEach(async () => {
    a.disk.write('film', film('abcd'));
    await a.settle();
  });

  it('[R16] go on where they broke off: nothing that came is fetched again', async () => {
    const first = watchContent(b, (bytes, at) => (at >= 2 * PIECE_BYTES ? lost() : bytes));
    expect((await b.cycle()).stop).toMatchObject({ why: 'offline' });
    expect(first.bytes).toBeGreaterThanOrEqual(2 * PIECE_BYTES);
    const second = watchContent(b);
    await b.settle();
    expect(brief(b.disk.tree().get('film'))).toBe('abcd');
    expect(second.bytes).toBe(2 * PIECE_BYTES);
  });

  it('[R16] fetch another content anew when the file was edited in between', async () => {
    watchContent(b, (bytes, at) => (at >= 2 * PIECE_BYTES ? lost() : bytes));
    await b.cycle();
    a.disk.write('film', film('wxyz'));
    await a.settle();
    const again = watchContent(b);
    await b.settle();
    expect(brief(b.disk.tree().get('film'))).toBe('wxyz');
    expect(again.bytes).toBe(4 * PIECE_BYTES);
  });

  it('[R15] [SA-5] put nothing in place whose bytes do not match, and try again', async () => {
    watchContent(b, (bytes, at) => (at >= 3 * PIECE_BYTES ? bytes.map((byte) => byte ^ 1) : bytes));
    const report = await b.cycle();
    expect(b.disk.tree().has('film')).toBe(false);
    expect(report.failed).toBe(1);
    expect(b.journal.problems()).toMatchObject([{ path: 'film', code: 'CONTENT_MISMATCH' }]);
    const again = watchContent(b);
    await b.settle();
    expect(brief(b.disk.tree().get('film'))).toBe('abcd');
    expect(again.bytes).toBe(PIECE_BYTES);
  });

  it('fetch only what an edit changed, and copy the rest from the file that is there', async () => {
    await b.settle();
    a.disk.write('film', film('abXd'));
    await a.settle();
    const edit = watchContent(b);
    await b.settle();
    expect(brief(b.disk.tree().get('film'))).toBe('abXd');
    expect(edit.bytes).toBe(PIECE_BYTES);
  });

  it('[D17] copy what an insertion moved, too', async () => {
    a.disk.write('film', film('abcdefg'));
    await a.settle();
    await b.settle();
    a.disk.write('film', film('Xabcdefg'));
    await a.settle();
    const edit = watchContent(b);
    await b.settle();
    expect(brief(b.disk.tree().get('film'))).toBe('Xabcdefg');
    expect(edit.bytes).toBe(PIECE_BYTES);
  });

  it('[D10] [D09] end within one request when the task is paused, with nothing in the folder', async () => {
    const stop = new AbortController();
    const seen = watchContent(b, (bytes) => {
      stop.abort(new AppError('TIMEOUT'));
      stop.signal.throwIfAborted();
      return bytes;
    });
    const request = {
      ...({ dirty: 'all', pullFeed: true, settings: b.settings, signal: stop.signal } as const),
      ...{ onProgress: () => undefined, yieldNow: () => false },
    };
    await runCycle(b.deps, request).catch(() => undefined);
    expect(seen.bytes).toBe(0);
    expect(b.disk.tree()).toEqual(new Map());
    replace(b, { cloud });
    await b.settle();
    expect(brief(b.disk.tree().get('film'))).toBe('abcd');
  });
});

describe('uploads of large files', () => {
  it('[D26] go on after a restart: chunks sent before are not sent again', async () => {
    a.disk.write('film', film('abcdef'));
    watchPacks(a, (number) => (number === 2 ? lost() : undefined));
    expect((await a.cycle()).stop).toMatchObject({ why: 'offline' });
    const rest = watchPacks(a);
    await a.settle();
    expect(rest.join('')).not.toContain('a');
    expect(committed()).toEqual(['abcdef']);
  });

  it('[R01] [SA-1] never commit bytes of two contents: an edit half-way is sent as it is then', async () => {
    a.disk.write('film', film('abcdef'));
    const sent = watchPacks(a, (number) => (number === 2 ? a.disk.write('film', film('abXdef')) : undefined));
    await a.settle();
    expect(committed()).toEqual(['abXdef']);
    expect(sent.join('')).toContain('X');
    await b.settle();
    expect(brief(b.disk.tree().get('film'))).toBe('abXdef');
  });

  it('[R02] [C01] keep both contents when the file is edited in the cloud half-way', async () => {
    a.disk.write('film', film('abcdef'));
    await a.settle();
    await b.settle();
    b.disk.write('film', film('abcdeY'));
    a.disk.write('film', film('UVWXef'));
    let isOther = false;
    through(a, {
      putPack: async (chunks) => {
        await cloud.putPack(chunks);
        if (!isOther) await b.settle();
        isOther = true;
      },
    });
    await a.settle();
    await b.settle();
    const there = [...b.disk.tree()].map(([path, text]) => [path, brief(text)]);
    expect(there).toEqual([
      ['film', 'abcdeY'],
      ['film (conflict PC1 2026-01-02 0304)', 'UVWXef'],
    ]);
    expect(b.disk.tree()).toEqual(a.disk.tree());
  });

  it('[R03] leave nothing in the cloud when the file is deleted half-way', async () => {
    a.disk.write('film', film('abcdef'));
    watchPacks(a, (number) => (number === 1 ? a.disk.remove('film') : undefined));
    await a.settle();
    expect(cloud.find('film')).toBeUndefined();
    expect(committed()).toEqual([]);
  });

  it('[D09] end within one request when the task is paused; after an edit only new bytes travel', async () => {
    a.disk.write('film', film('abcdef'));
    const stop = new AbortController();
    const first = watchPacks(a, () => stop.abort());
    const request = {
      ...({ dirty: 'all', pullFeed: true, settings: a.settings, signal: stop.signal } as const),
      ...{ onProgress: () => undefined, yieldNow: () => false },
    };
    await runCycle(a.deps, request);
    expect(first.length).toBeLessThanOrEqual(2);
    expect(cloud.find('film')).toBeUndefined();
    a.disk.write('film', film('abcdeX'));
    const second = watchPacks(a);
    await a.settle();
    expect([...first, ...second].join('').split('').sort().join('')).toBe('Xabcde');
    expect(committed()).toEqual(['abcdeX']);
  });

  it('hold at most three requests of a file in memory, however slow the drive is', async () => {
    a.disk.write('film', film('abcdefgh'));
    let held = 0;
    let most = 0;
    withDisk(a, {
      readChunk: async (path, expected, part) => {
        held += part.chunk.size;
        most = Math.max(most, held);
        return a.disk.readChunk(path, expected, part);
      },
    });
    through(a, {
      putPack: async (chunks) => {
        for (let turn = 0; turn < 100; turn++) await Promise.resolve();
        await cloud.putPack(chunks);
        held -= chunks.reduce((sum, { chunk }) => sum + chunk.size, 0);
      },
    });
    await a.settle();
    expect(held).toBe(0);
    expect(most).toBeLessThanOrEqual(24 * MIB);
    expect(committed()).toEqual(['abcdefgh']);
  });
});

describe('large and small files together', () => {
  beforeEach(() => {
    a.disk.write('a film', film('abcdef'));
    for (let number = 0; number < 1000; number++) a.disk.write(`small ${number}`, `${number}`);
  });

  it('[D16] the small ones are in the cloud before the first bytes of the large one travel', async () => {
    let smallBefore = 0;
    const isSmall = (number: number) => cloud.find(`small ${number}`) !== undefined;
    watchPacks(a, (pack) => {
      if (pack === 1) smallBefore = Array.from({ length: 1000 }, (_, number) => number).filter(isSmall).length;
    });
    await a.settle();
    expect(smallBefore).toBe(1000);
  });

  it('[D16] the small ones are on the other disk before the large one comes, and new ones do not wait for it', async () => {
    await a.settle();
    let smallBefore = -1;
    const seen = watchContent(b, (bytes) => {
      if (smallBefore < 0) smallBefore = b.disk.tree().size;
      return bytes;
    });
    await b.settle();
    expect(smallBefore).toBe(1000);
    expect(seen.bytes).toBe(6 * PIECE_BYTES);
    expect(b.disk.tree()).toEqual(a.disk.tree());
  });
});

describe('many small files', () => {
  it('[D15] travel 500 at a time both ways, so that a round trip is paid for hundreds of them', async () => {
    for (let number = 0; number < 2000; number++) a.disk.write(`small ${number}`, `${number}`);
    let requests = 0;
    through(a, {
      commit: (request) => {
        requests += 1;
        return cloud.commit(request);
      },
    });
    await a.settle();
    expect(requests).toBe(4);
    let bundles = 0;
    through(b, {
      bundle: (nodes) => {
        bundles += 1;
        return cloud.bundle(nodes);
      },
    });
    await b.settle();
    expect(bundles).toBe(4);
    expect(b.disk.tree()).toEqual(a.disk.tree());
  });
});

describe('a large download', () => {
  const letters = 'abcdefghijklmnopqrstu';

  it('[D16] gives way to what is newer, and goes on after it without fetching anything twice', async () => {
    a.disk.write('film', film(letters));
    await a.settle();
    let isNew = false;
    const seen = watchContent(b, (bytes) => {
      if (!isNew) world.put('note', 'new');
      isNew = true;
      world.clock.advance(100);
      return bytes;
    });
    const request = {
      ...({ dirty: 'all', pullFeed: true, settings: b.settings, signal: new AbortController().signal } as const),
      ...{ onProgress: () => undefined, yieldNow: () => isNew },
    };
    const report = await runCycle(b.deps, request);
    expect(report.again).toBe(true);
    expect(seen.bytes).toBeLessThan(letters.length * PIECE_BYTES);
    expect(b.disk.tree()).toEqual(new Map());
    await b.settle();
    expect(seen.bytes).toBe(letters.length * PIECE_BYTES);
    expect([...b.disk.tree().keys()]).toEqual(['film', 'note']);
  }, 120_000);
});
