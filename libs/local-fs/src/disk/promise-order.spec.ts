import { readlinkSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createDiskContext, type DiskContext } from './disk-context.ts';
import { createDiskWorld, request, type DiskWorld } from './disk-world.fixture.ts';
import { beforeCall, releaseCalls } from './fs-hook.fixture.ts';
import { createMakeDurable } from './make-durable.ts';
import { place } from './place.ts';

let world: DiskWorld;
let context: DiskContext;

beforeEach(() => {
  world = createDiskWorld();
  context = createDiskContext({ root: world.root, homeTrash: world.trash });
});
afterEach(() => {
  releaseCalls();
  return world.close();
});

/** The calls that matter after a power failure, in order, with paths below the root. */
function recordCalls(): string[] {
  const calls: string[] = [];
  // Folders held open are named by descriptor: as long as they are open the system knows where they lie.
  const named = (path: string): string =>
    path
      .replace(/^\/proc\/self\/fd\/(\d+)/, (_all, fd: string) => readlinkSync(`/proc/self/fd/${fd}`))
      .replace(world.root, '')
      .replace(/[0-9a-f]{16}/, 'op')
      .replace(/^\//, '');
  const nameOfOpen = (fd: string): string => named(`/proc/self/fd/${fd}`);
  beforeCall('writeSync', (fd) => calls.push(`write ${nameOfOpen(fd)}`));
  beforeCall('fsyncSync', (fd) => calls.push(`fsync ${nameOfOpen(fd) || 'root'}`));
  beforeCall('renameSync', (from, to) => calls.push(`rename ${named(from)} to ${named(to)}`));
  beforeCall('linkSync', (from, to) => calls.push(`link ${named(from)} to ${named(to)}`));
  return calls;
}

// Paths by descriptor are how Linux names a folder that is held open.
it.skipIf(process.platform !== 'linux')(
  '[K02] makes bytes durable, then moves the old file aside, then names the new one, then makes the names durable',
  () => {
    const replaces = world.write('f', 'old');
    const calls = recordCalls();
    const [placed] = place(context, [request('f', 'new', { replaces })], createMakeDurable());
    releaseCalls();
    expect(placed).toMatchObject({ t: 'done' });
    expect(calls.filter((call) => !call.includes('.json'))).toEqual([
      'write .tideline~sync/new/op',
      'fsync .tideline~sync/new/op',
      'rename f to .tideline~sync/old/op',
      'link .tideline~sync/new/op to f',
      'fsync root',
      'fsync .tideline~sync/old',
    ]);
  },
);

it('[K02] names no file of a batch before the bytes of all of them are durable', () => {
  const order: string[] = [];
  beforeCall('linkSync', () => order.push('name'));
  const makeDurable = (files: readonly string[]): void => void order.push(`${files.length} durable`);
  place(context, [request('a', 'one'), request('b', 'two')], makeDurable);
  releaseCalls();
  expect(order).toEqual(['2 durable', 'name', 'name', '1 durable']);
});
