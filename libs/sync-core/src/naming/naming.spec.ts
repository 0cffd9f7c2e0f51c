import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LINUX_NAMES, type NameRules } from '../model/policy.ts';
import { conflictName, numberedName, yieldedName } from './derived-names.ts';
import { cleanDeviceName, localNameKey, toCloudName, toLocalName } from './name-rules.ts';
import { byteLength, splitName } from './split-name.ts';

const label = { deviceName: 'PC', nowLabel: '2026-01-02 0304' };
const free = { isFree: () => true, maxBytes: 255 };
const taken = (...names: string[]) => ({ isFree: (name: string) => !names.includes(name), maxBytes: 255 });
const WINDOWS: NameRules = { caseSensitive: false, windows: true, maxNameBytes: 255 };

describe('derived names', () => {
  it.each([
    ['report.docx', 'report (conflict PC 2026-01-02 0304).docx'],
    ['.profile', '.profile (conflict PC 2026-01-02 0304)'],
    ['archive.tar.gz', 'archive.tar (conflict PC 2026-01-02 0304).gz'],
    ['Minutes of 3. May', 'Minutes of 3. May (conflict PC 2026-01-02 0304)'],
  ])('[SY-30] calls the copy of %s %s', (name, copy) => {
    expect(conflictName(name, label, free)).toBe(copy);
  });

  it('[C16] [SY-30] puts a new suffix in place of an old one', () => {
    const copy = 'a (conflict Other PC 2025-12-31 2359).txt';
    expect(conflictName(copy, label, free)).toBe('a (conflict PC 2026-01-02 0304).txt');
    expect(conflictName('a (conflict Other PC 2025-12-31 2359)-2.txt', label, free)).toBe(
      'a (conflict PC 2026-01-02 0304).txt',
    );
  });

  it('[C15] [SY-30] counts on when a name is taken', () => {
    expect(conflictName('a', label, taken('a (conflict PC 2026-01-02 0304)'))).toBe(
      'a (conflict PC 2026-01-02 0304)-2',
    );
    expect(yieldedName('n.txt', taken('n (file).txt'))).toBe('n (file) (2).txt');
    expect(numberedName('n.txt', taken('n (2).txt'))).toBe('n (3).txt');
    expect(numberedName('n (2).txt', taken('n (2).txt'))).toBe('n (3).txt');
  });

  it('[C17] [SY-30] fits any name into 255 bytes, whole to the code point, with its extension', () => {
    const names = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(names, fc.constantFrom('', '.txt', '.ü'), (stem, ext) => {
        for (const name of [
          conflictName(stem + ext, label, free),
          yieldedName(stem + ext, free),
          numberedName(stem + ext, free),
        ]) {
          expect(byteLength(name)).toBeLessThanOrEqual(255);
          expect(name.isWellFormed()).toBe(true);
          expect(name.endsWith(splitName(stem + ext).ext)).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('[SY-30] makes a device name fit for a file name', () => {
    expect(cleanDeviceName(' Ann\'s (old) PC: "x" ')).toBe("Ann's old PC x");
    expect(cleanDeviceName('///')).toBe('device');
  });
});

describe('names of both sides', () => {
  it('[BI-8] [SY-18] holds every name on Linux, in the form the cloud has', () => {
    expect(toLocalName('a:b?', LINUX_NAMES)).toBe('a:b?');
    expect(toCloudName('é'.normalize('NFD'))).toBe('é'.normalize('NFC'));
    expect(toCloudName('x'.repeat(256))).toBeNull();
    expect(toCloudName('\ud800')).toBeNull();
  });

  it.each([
    ['CON', 'CON_'],
    ['nul.txt', 'nul_.txt'],
    ['a<b>c:"|?*\\', 'a＜b＞c：＂｜？＊＼'],
    ['x.', 'x．'],
    ['x ', 'x_'],
    ['a\u0001b', 'a_b'],
    ['console', 'console'],
  ])('[G22] [SY-18] calls %j %j on Windows', (name, shown) => {
    expect(toLocalName(name, WINDOWS)).toBe(shown);
  });

  it('[G23] [SY-18] tells names apart as the device does', () => {
    expect(localNameKey('Straße', WINDOWS)).toBe(localNameKey('STRASSE', WINDOWS));
    expect(localNameKey('a', LINUX_NAMES)).not.toBe(localNameKey('A', LINUX_NAMES));
  });
});
