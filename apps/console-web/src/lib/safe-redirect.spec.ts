import { describe, expect, it } from 'vitest';
import { safeRedirect } from './safe-redirect.ts';

describe('safeRedirect', () => {
  it.each(['/', '/devices/?health=failing', '/device/?id=0190a000-0000-7000-8000-000000000301'])(
    'goes on to %s',
    (next) => {
      expect(safeRedirect(next)).toBe(next);
    },
  );

  it.each([
    null,
    '',
    'https://evil.example/',
    '//evil.example/',
    '/\\evil.example/',
    '\\\\evil.example',
    '/\t/evil.example/',
    '/%2e%2e//evil.example/',
    'javascript:alert(1)',
    '/login/',
    '/login?next=/login',
  ])('falls back to the overview for %j', (next) => {
    expect(safeRedirect(next)).toBe('/');
  });

  it('stays on the page for an odd path of its own', () => {
    expect(new URL(safeRedirect('/..//evil.example/'), 'https://console.example').origin).toBe(
      'https://console.example',
    );
  });
});
