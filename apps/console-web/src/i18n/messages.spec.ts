import { ERROR_CODES, ERROR_TEXTS, HealthReason, HealthWord, ProblemCode, TaskStatus } from '@tideline/contracts';
import { createTranslator } from 'use-intl/core';
import { describe, expect, it } from 'vitest';
import { errorText } from './error-text.ts';
import { ERROR_TEXTS_ZH_CN } from './errors-zh-cn.ts';
import { isLocale, pickLocale } from './locale.ts';
import en from './messages/en.json' with { type: 'json' };
import zhCn from './messages/zh-CN.json' with { type: 'json' };

type Catalog = { readonly [key: string]: string | Catalog };

/** Every text of a catalog by its full key. */
function flatten(catalog: Catalog, prefix = ''): Map<string, string> {
  const texts = new Map<string, string>();
  for (const [key, value] of Object.entries(catalog)) {
    if (typeof value === 'string') texts.set(prefix + key, value);
    else for (const [below, text] of flatten(value, `${prefix}${key}.`)) texts.set(below, text);
  }
  return texts;
}

/** Names that a text fills, whatever plural or select forms surround them; the one word of a form (`=0 {Paused}`) is no name. */
function placesOf(text: string): string[] {
  return [...new Set([...text.matchAll(/(?<!=\d+\s)\{\s*(\w+)\s*[,}]/g)].map((match) => match[1] ?? ''))].sort();
}

const english = flatten(en);
const chinese = flatten(zhCn);
const VALUES = Object.fromEntries([...english.values()].flatMap(placesOf).map((name) => [name, 2]));

describe('catalogs', () => {
  it('hold the same keys in both languages', () => {
    expect([...chinese.keys()].sort()).toEqual([...english.keys()].sort());
  });

  it.each([...english.keys()])('fill the same places: %s', (key) => {
    expect(placesOf(chinese.get(key) ?? '')).toEqual(placesOf(english.get(key) ?? ''));
  });

  it.each([
    ['en', en],
    ['zh-CN', zhCn],
  ] as const)('hold only texts that can be formatted: %s', (locale, messages) => {
    const failures: string[] = [];
    const t = createTranslator({
      locale,
      messages,
      onError: (error) => failures.push(error.message),
    });
    for (const key of english.keys()) t(key as never, VALUES as never);
    expect(failures).toEqual([]);
  });

  it('name every state of the contracts', () => {
    expect(Object.keys(en.health.words).sort()).toEqual(HealthWord.options.toSorted());
    expect(Object.keys(en.health.reasons).sort()).toEqual(HealthReason.options.toSorted());
    expect(Object.keys(en.health.fixes).sort()).toEqual(HealthReason.options.toSorted());
    expect(Object.keys(en.task.statuses).sort()).toEqual(TaskStatus.options.toSorted());
    expect(Object.keys(en.task.problems).sort()).toEqual(ProblemCode.options.toSorted());
  });
});

describe('texts of errors', () => {
  it('are complete in Chinese', () => {
    expect(Object.keys(ERROR_TEXTS_ZH_CN).sort()).toEqual(ERROR_CODES.toSorted());
  });

  it.each(ERROR_CODES)('are written in Chinese and name nothing that is not known: %s', (code) => {
    const [message, fix] = ERROR_TEXTS_ZH_CN[code] ?? ['', ''];
    const known = new Set(ERROR_TEXTS[code].flatMap(placesOf));
    expect([...placesOf(message), ...placesOf(fix)].filter((place) => !known.has(place))).toEqual([]);
    if (code !== 'USAGE') expect(message).toMatch(/\p{Script=Han}/u);
    expect(fix).toMatch(/\p{Script=Han}/u);
  });

  it('are filled in the language of the reader', () => {
    expect(errorText('LIMIT_FILES', { max: 1_000_000 }, 'en').message).toContain('More than 1,000,000 files');
    expect(errorText('LIMIT_TASKS', { max: 10 }, 'zh-CN').message).toBe('此设备已有 10 个同步任务。');
  });

  it('never show an unfilled place to a person', () => {
    expect(errorText('SYNC_NOT_ENTITLED', {}, 'en').message).toBe(
      'The enterprise code … is not entitled to sync backup.',
    );
  });
});

describe('pickLocale', () => {
  it('keeps the stored choice above the language of the browser', () => {
    expect(pickLocale('zh-CN', ['en-GB'])).toBe('zh-CN');
  });

  it('takes the first language of the browser that the console speaks', () => {
    expect(pickLocale(null, ['de-DE', 'zh-Hant-TW', 'en'])).toBe('zh-CN');
    expect(pickLocale('klingon', ['de'])).toBe('en');
    expect(isLocale('klingon')).toBe(false);
  });
});
