import { beforeEach, describe, expect, it } from 'vitest';
import type { TestDevice } from '../testing/test-device.ts';
import { CycleWorld } from './cycle-world.fixture.ts';

/** Files of the test disk are written in the first minutes of 1970. */
const MUCH_LATER_MS = 1_000_000_000_000;
const BEFORE_ALL_MS = 0;

let world: CycleWorld;

function device(settings: { bootedAtMs?: number; mode?: 'bidirectional' | 'upload' }): TestDevice {
  return world.device(1, settings);
}

/** What the cloud holds of `f`, newest last, after `text` was synced and the disk shows `left` instead. */
async function afterFailure(synced: TestDevice, { text, left }: { text: string; left: string }): Promise<string> {
  synced.disk.write('f', text);
  await synced.settle();
  synced.disk.write('f', left);
  await synced.settle();
  return world.cloudTree().get('f') ?? '';
}

beforeEach(() => {
  world = new CycleWorld();
});

describe('what a power failure left of a file', () => {
  it.each([
    ['nothing', ''],
    ['zeros', '\0\0\0\0\0'],
  ])('[K04] is replaced by the bytes in the cloud and not uploaded: %s', async (_what, left) => {
    const synced = device({ bootedAtMs: MUCH_LATER_MS });
    expect(await afterFailure(synced, { text: 'saved', left })).toBe('saved');
    expect(synced.disk.tree()).toEqual(new Map([['f', 'saved']]));
  });

  it('[K04] is told from what a person did since the machine was started', async () => {
    expect(await afterFailure(device({ bootedAtMs: BEFORE_ALL_MS }), { text: 'saved', left: '' })).toBe('');
  });

  it('[K04] is no reason to undo any other edit', async () => {
    const synced = device({ bootedAtMs: MUCH_LATER_MS });
    expect(await afterFailure(synced, { text: 'saved', left: '\0\0 short' })).toBe('\0\0 short');
  });

  it('[SA-3] [K04] changes nothing on the disk of an upload task', async () => {
    const synced = device({ bootedAtMs: MUCH_LATER_MS, mode: 'upload' });
    await afterFailure(synced, { text: 'saved', left: '' });
    expect(synced.disk.tree()).toEqual(new Map([['f', '']]));
  });
});
