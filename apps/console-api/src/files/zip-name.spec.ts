/* eslint-disable no-control-regex -- control characters are what these names must not hold */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { distinctNames, toZipName } from './zip-name.ts';

const ID = '01a2052f-b00c-7013-b95a-dc6bf8cf0292';

describe('names in an archive', () => {
  it('are those of the cloud when any system can hold them', () => {
    for (const name of ['report.txt', '.profile', '年度报告.pdf', 'a b (2).tar.gz'])
      expect(toZipName(name, ID)).toBe(name);
  });

  it.each(['..\\..\\evil.exe', 'C:\\Windows\\x', 'a\u0000b', 'stream:hidden', 'CON', 'nul.txt', 'dots...', 'blank '])(
    'of %j stay in their folder on any system',
    (name) => {
      const safe = toZipName(name, ID);
      expect(safe).not.toBe(name);
      expect(safe).toMatch(/~dc6bf8cf0292/);
      expect(safe).not.toMatch(/[\\/:\u0000]|^\.\.?$|[. ]$/);
      expect(safe).not.toMatch(/^(con|nul)(\.|$)/i);
    },
  );

  it('never part a path', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (name) => {
        expect(toZipName(name, ID)).not.toMatch(/[\\/\u0000-\u001f]/);
      }),
    );
  });

  it('stay two when two were made equal, and when they come from two folders', () => {
    const [a, b] = [
      { name: 'a\\b', id: ID },
      { name: 'a:b', id: ID.replace('0292', '0293') },
    ];
    const [c, d] = [
      { name: 'x.txt', id: ID },
      { name: 'X.TXT', id: ID.replace('0292', '0294') },
    ];
    expect(new Set([...distinctNames([a, b, c, d]).values()].map((name) => name.toLowerCase())).size).toBe(4);
  });
});
