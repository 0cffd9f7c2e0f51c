import { describe, expect, it } from 'vitest';
import type { BaseNode } from '@tideline/sync-core/tree';
import { RowCache } from './row-cache.ts';

function row(id: number, cloudId: string, rev = 1): BaseNode {
  return { id, cloudId, rev } as BaseNode;
}

function cacheOver(rows: Map<number, BaseNode>) {
  let reads = 0;
  const read = (found: BaseNode | undefined) => {
    reads += 1;
    return found;
  };
  const cache = new RowCache({
    byId: (id) => read(rows.get(id)),
    byCloudId: (id) => read([...rows.values()].find((each) => each.cloudId === id)),
  });
  return { cache, reads: () => reads };
}

describe('rows of base asked for lately', () => {
  it('are read once, absent ones included', () => {
    const { cache, reads } = cacheOver(new Map([[2, row(2, 'a')]]));
    expect([cache.byId(2)?.cloudId, cache.byCloudId('a')?.id, cache.byId(9), cache.byCloudId('z')]).toEqual([
      'a',
      2,
      undefined,
      undefined,
    ]);
    const before = reads();
    expect([cache.byId(2)?.cloudId, cache.byCloudId('a')?.id, cache.byId(9), cache.byCloudId('z')]).toEqual([
      'a',
      2,
      undefined,
      undefined,
    ]);
    expect(reads()).toBe(before);
  });

  it('follow every write: new rows, changed ones, and cloud ids that moved to another row', () => {
    const rows = new Map([[2, row(2, 'a')]]);
    const { cache } = cacheOver(rows);
    expect([cache.byCloudId('a')?.id, cache.byCloudId('b'), cache.byId(3)]).toEqual([2, undefined, undefined]);
    const written = [row(2, 'b', 5), row(3, 'a')];
    for (const each of written) rows.set(each.id, each);
    cache.written({ rows: written, forget: [] });
    expect([cache.byCloudId('a')?.id, cache.byCloudId('b')?.rev, cache.byId(3)?.cloudId]).toEqual([3, 5, 'a']);
  });

  it('forget what was removed, and everything after a rollback', () => {
    const rows = new Map([[2, row(2, 'a')]]);
    const { cache } = cacheOver(rows);
    expect(cache.byCloudId('a')?.id).toBe(2);
    rows.delete(2);
    cache.written({ rows: [], forget: [2] });
    expect([cache.byId(2), cache.byCloudId('a')]).toEqual([undefined, undefined]);
    rows.set(2, row(2, 'a', 7));
    cache.clear();
    expect(cache.byCloudId('a')?.rev).toBe(7);
  });
});
