import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openPage, sealPage, type PageSeal } from './sealed-page.ts';

const Position = z.tuple([z.int(), z.string()]);
const seal: PageSeal = { key: 'secret of the space', of: ['bin', 'space', 'user'] };

describe('[PE-5] a sealed position', () => {
  it('comes back as it was', () => {
    expect(openPage(sealPage([7, 'naïve "name"'], seal), Position, seal)).toEqual([7, 'naïve "name"']);
  });

  it('tells nothing of what it holds, and is another text each time', () => {
    const texts = [sealPage([7, 'mole'], seal), sealPage([7, 'mole'], seal)];
    expect(texts[0]).not.toBe(texts[1]);
    for (const text of texts) expect(Buffer.from(text, 'base64url').toString('latin1')).not.toContain('mole');
  });

  it('is nothing elsewhere, to others, under another secret, or when a bit of it differs', () => {
    const text = sealPage([7, 'mole'], seal);
    expect(openPage(text, Position, { ...seal, of: ['listing', 'space', 'user'] })).toBeUndefined();
    expect(openPage(text, Position, { ...seal, of: ['bin', 'space', 'other'] })).toBeUndefined();
    expect(openPage(text, Position, { ...seal, key: 'of another space' })).toBeUndefined();
    expect(openPage(text, z.tuple([z.string()]), seal)).toBeUndefined();
    const bytes = Buffer.from(text, 'base64url');
    for (const at of bytes.keys()) {
      const forged = Buffer.from(bytes);
      forged[at] = (forged[at] ?? 0) ^ 1;
      expect(openPage(forged.toString('base64url'), Position, seal)).toBeUndefined();
    }
  });

  it.each(['', 'x', 'nonsense', '[7,"mole"]', Buffer.from('[7,"mole"]').toString('base64url'), 'A'.repeat(1000)])(
    'is never %j',
    (text) => {
      expect(openPage(text, Position, seal)).toBeUndefined();
    },
  );
});
