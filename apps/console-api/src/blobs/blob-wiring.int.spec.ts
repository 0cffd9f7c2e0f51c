import { constants, PerformanceObserver, type PerformanceEntry } from 'node:perf_hooks';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestConsole, type TestConsole } from '../testing/test-console.ts';
import { BlobStore } from './blob-store.ts';

const MIB = 1024 ** 2;
let server: TestConsole;
beforeAll(async () => void (server = await startTestConsole()));
afterAll(() => server.stop());

type Collection = PerformanceEntry & { readonly detail: { readonly kind: number; readonly flags: number } };

/** Asked for by somebody; V8 asks nobody for its own. */
const isForced = ({ detail }: Collection): boolean => (detail.flags & constants.NODE_PERFORMANCE_GC_FLAGS_FORCED) !== 0;
const isYoung = ({ detail }: Collection): boolean => detail.kind === constants.NODE_PERFORMANCE_GC_MINOR;

setFlagsFromString('--expose-gc');
const collectAll = runInNewContext('gc') as () => void;
setFlagsFromString('--no-expose-gc');

/** Collections are told in their order, some turns after they were: a whole one of our own is the last to be waited for. */
async function countAskedFor(work: () => Promise<unknown>): Promise<number> {
  const entries: Collection[] = [];
  const last = Promise.withResolvers<void>();
  const observer = new PerformanceObserver((list) => {
    entries.push(...(list.getEntries() as Collection[]));
    if (entries.some((entry) => isForced(entry) && !isYoung(entry))) last.resolve();
  });
  observer.observe({ entryTypes: ['gc'] });
  await work();
  collectAll();
  await last.promise;
  observer.disconnect();
  return entries.filter((entry) => isForced(entry) && isYoung(entry)).length;
}

it('the store of a console collects what carried the bytes, once for every 32 MiB up or down, and not before', async () => {
  const blobs = server.app.get(BlobStore);
  const put = (key: string, mib: number) => blobs.put(key, Array<Uint8Array>(mib).fill(new Uint8Array(MIB)));
  const read = async (key: string, mib: number) => {
    for await (const piece of blobs.read(key, 0, mib * MIB)) expect(piece.length).toBeGreaterThan(0);
  };
  expect(await countAskedFor(() => put('e/one', 31))).toBe(0);
  expect(await countAskedFor(() => put('e/two', 1))).toBe(1);
  expect(await countAskedFor(() => read('e/one', 31))).toBe(0);
  expect(await countAskedFor(() => read('e/two', 1))).toBe(1);
});
