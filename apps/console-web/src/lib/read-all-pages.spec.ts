import { expect, it } from 'vitest';
import { readAllPages } from './read-all-pages.ts';

it('every page of a list is read once, in order, up to the one that no other follows', async () => {
  const pages = new Map([
    [undefined, { rows: [1, 2], next: 'a' }],
    ['a', { rows: [], next: 'b' }],
    ['b', { rows: [3], next: null }],
  ]);
  const asked: (string | undefined)[] = [];
  const read = async ({ after }: { readonly after?: string }) => {
    asked.push(after);
    return pages.get(after) ?? { rows: [], next: null };
  };
  expect(await readAllPages(read, ({ rows }) => rows)).toEqual([1, 2, 3]);
  expect(asked).toEqual([undefined, 'a', 'b']);
});

it('a page that cannot be read fails the list', async () => {
  const read = () => Promise.reject(new Error('away'));
  await expect(readAllPages(read, () => [])).rejects.toThrow('away');
});
