import { expect, it } from 'vitest';
import { readTokens } from './read-tokens.ts';

it.each(['base64', 'base64url'] as const)('what a page’s position holds is read from %s', (encoding) => {
  const next = Buffer.from(JSON.stringify([0, 'Ünlü >>> ??? secret'])).toString(encoding);
  const answer = JSON.stringify({ nodes: [], next });
  expect(answer).not.toContain('secret');
  expect(readTokens(answer)).toContain('Ünlü >>> ??? secret');
});
