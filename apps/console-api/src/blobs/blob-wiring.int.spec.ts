import { constants, PerformanceObserver, type PerformanceEntry } from 'node:perf_hooks';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestConsole, type TestConsole } from '../testing/test-console.ts';
import { BlobStore } from './blob-store.ts';

const MIB = 1024 ** 2;
let server: TestConsole;
beforeAll(async () => void (server = await startTestConsole()));
afterAll(() => server.stop());

/** Collections of the young heap that somebody asked for; V8 asks nobody for its own. */
function isAskedFor(entry: PerformanceEntry): boolean {
  const { kind, flags } = (entry as PerformanceEntry & { readonly detail: { kind: number; flags: number } }).detail;
  return kind === constants.NODE_PERFORMANCE_GC_MINOR && (flags & constants.NODE_PERFORMANCE_GC_FLAGS_FORCED) !== 0;
}

async function countAskedFor(work: () => Promise<unknown>): Promise<number> {
  const entries: PerformanceEntry[] = [];
  const observer = new PerformanceObserver((list) => entries.push(...list.getEntries()));
  observer.observe({ entryTypes: ['gc'] });
  await work();
  await new Promise(setImmediate); // entries are told after the turn in which they came to be
  entries.push(...observer.takeRecords());
  observer.disconnect();
  return entries.filter(isAskedFor).length;
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
