import { describe, expect, it } from 'vitest';
import { NamesInFolder } from './names-in-folder.ts';

function withTable(table: Record<number, string[]>, fewAsked = 0): { names: NamesInFolder; asked: number[] } {
  const asked: number[] = [];
  const names = new NamesInFolder((parent, limit) => {
    asked.push(parent);
    return (table[parent] ?? []).slice(0, limit);
  }, fewAsked);
  return { names, asked };
}

describe('names of a folder in base', () => {
  it('are read once, and say which names are certainly not there', () => {
    const { names, asked } = withTable({ 7: ['a', 'b'] });
    expect(['a', 'b', 'c', 'd'].map((name) => names.mayHave(7, name))).toEqual([true, true, false, false]);
    expect(asked).toEqual([7]);
  });

  it('are not read for the first few that are asked for', () => {
    const { names, asked } = withTable({ 7: ['a'] }, 2);
    expect([names.mayHave(7, 'b'), names.mayHave(7, 'c'), names.mayHave(8, 'b'), asked]).toEqual([
      true,
      true,
      true,
      [],
    ]);
    expect([names.mayHave(7, 'd'), names.mayHave(7, 'a'), asked]).toEqual([false, true, [7]]);
  });

  it('grow with what is written, and forget nothing when it is removed', () => {
    const { names } = withTable({ 7: ['a'] });
    expect(names.mayHave(7, 'new')).toBe(false);
    names.written([{ parent: 7, localName: 'new', cloudName: 'New' }]);
    expect(names.mayHave(7, 'new')).toBe(true);
    expect(names.mayHave(7, 'New')).toBe(true);
  });

  it('are looked up one by one in a folder of thousands', () => {
    const { names } = withTable({ 7: Array.from({ length: 3000 }, (_, number) => `f${number}`) });
    expect(names.mayHave(7, 'f2999')).toBe(true);
    expect(names.mayHave(7, 'not there')).toBe(true);
  });

  it('are read anew after a write that did not happen', () => {
    const table: Record<number, string[]> = {};
    const { names } = withTable(table);
    expect(names.mayHave(7, 'a')).toBe(false);
    table[7] = ['a'];
    names.clear();
    expect(names.mayHave(7, 'a')).toBe(true);
  });

  it('do not pile up however many folders are asked about', () => {
    const { names, asked } = withTable(Object.fromEntries([1, 2, 3].map((id) => [id, ['x']])));
    for (let parent = 10; parent < 60_010; parent += 1) names.mayHave(parent, 'x');
    names.mayHave(10, 'x');
    expect(asked.filter((parent) => parent === 10)).toHaveLength(2);
  });
});
