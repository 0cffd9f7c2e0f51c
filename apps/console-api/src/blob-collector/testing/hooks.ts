import { AsyncLocalStorage } from 'node:async_hooks';
import type { DataSource, QueryRunner } from 'typeorm';
import type { BlobStore, ByteSource } from '../../blobs/blob-store.ts';

/** Called around every effect that code has on database and blobs, in the order in which the code has them. */
export type EffectHook = {
  before(effect: string): Promise<void>;
  after(effect: string): Promise<void>;
};

const hooks = new AsyncLocalStorage<EffectHook>();

/** What `work` does to a hooked database and store is told to `hook`; what others do meanwhile is not. */
export function withHook<T>(hook: EffectHook, work: () => Promise<T>): Promise<T> {
  return hooks.run(hook, work);
}

async function observed<T>(effect: string, work: () => Promise<T>): Promise<T> {
  const hook = hooks.getStore();
  await hook?.before(effect);
  const result = await work();
  await hook?.after(effect);
  return result;
}

const UNINTERESTING = /^\s*(START TRANSACTION|SET )/i;

export function hookDatabase(dataSource: DataSource): void {
  const create = dataSource.createQueryRunner.bind(dataSource);
  dataSource.createQueryRunner = (...mode): QueryRunner => {
    const runner = create(...mode);
    const query = runner.query.bind(runner) as (...args: unknown[]) => Promise<unknown>;
    runner.query = (async (...args: unknown[]) => {
      const effect = String(args[0]).trim();
      return UNINTERESTING.test(effect) ? query(...args) : observed(`sql ${effect}`, () => query(...args));
    }) as QueryRunner['query'];
    return runner;
  };
}

export function hookBlobs(blobs: BlobStore): void {
  const { put, read } = blobs;
  const remove = blobs.delete;
  blobs.put = (key: string, source: ByteSource) => observed(`put ${key}`, () => put.call(blobs, key, source));
  blobs.delete = (key: string) => observed(`delete ${key}`, () => remove.call(blobs, key));
  blobs.read = async function* (key: string, startByte: number, lengthBytes: number) {
    await hooks.getStore()?.before(`read ${key}`);
    yield* read.call(blobs, key, startByte, lengthBytes);
  };
}
