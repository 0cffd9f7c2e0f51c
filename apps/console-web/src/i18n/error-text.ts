import { ERROR_TEXTS, type ErrorCode, type ErrorParams } from '@tideline/contracts';
import { ERROR_TEXTS_ZH_CN } from './errors-zh-cn.ts';
import type { Locale } from './locale.ts';

export type ErrorText = { readonly message: string; readonly fix: string };

/** Sentence and remedy of an error in the reader's language; English stands in for a code the catalog does not know yet. */
export function errorText(code: ErrorCode, params: ErrorParams, locale: Locale): ErrorText {
  const english = ERROR_TEXTS[code];
  const [message, fix] = locale === 'zh-CN' ? (ERROR_TEXTS_ZH_CN[code] ?? english) : english;
  return { message: fill(message, params, locale), fix: fill(fix, params, locale) };
}

/** A place whose value is not known becomes an ellipsis: a person never reads `{name}`. */
function fill(template: string, params: ErrorParams, locale: Locale): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = params[name];
    if (value === undefined) return '…';
    return typeof value === 'number' ? new Intl.NumberFormat(locale).format(value) : String(value);
  });
}
