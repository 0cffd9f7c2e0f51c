import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { pagePolicy } from './content-security-policy.ts';

const sha256 = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

describe('pagePolicy', () => {
  it('allows exactly the inline scripts of the page', () => {
    const html = '<script>start(1)</script><script async src="/a.js"></script><script id="x">more()\n</script>';
    expect(pagePolicy(html)).toContain(`script-src 'self' ${sha256('start(1)')} ${sha256('more()\n')};`);
  });

  it('never allows inline scripts as such', () => {
    expect(pagePolicy('<p>')).toContain("script-src 'self';");
  });
});
