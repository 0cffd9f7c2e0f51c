import { describe, expect, it } from 'vitest';
import { toArrayLiteral } from './array-literal.ts';

describe('an array for PostgreSQL', () => {
  it.each([
    [[], '{}'],
    [['a', 'b c', ''], '{"a","b c",""}'],
    [[1, -2.5, null, true], '{1,-2.5,null,true}'],
    [['null', null, 'NULL'], '{"null",null,"NULL"}'],
    [['a,b', '{c}', 'é'], '{"a,b","{c}","é"}'],
    [['say "hi"', String.raw`back\slash`, 1, null], String.raw`{"say \"hi\"","back\\slash",1,null}`],
    [['line\nfeed', 'tab\t', '\u0001'], '{"line\nfeed","tab\t","\u0001"}'],
  ])('%j is written %s', (values, literal) => {
    expect(toArrayLiteral(values)).toBe(literal);
  });
});
