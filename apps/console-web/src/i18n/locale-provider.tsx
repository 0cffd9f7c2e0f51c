'use client';

import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from 'react';
import { IntlProvider } from 'use-intl';
import en from './messages/en.json' with { type: 'json' };
import zhCn from './messages/zh-CN.json' with { type: 'json' };
import { pickLocale, type Locale } from './locale.ts';

const STORAGE_KEY = 'tideline-language';
const CATALOGS: Readonly<Record<Locale, typeof en>> = { en, 'zh-CN': zhCn };

type LocaleChoice = { readonly locale: Locale; readonly setLocale: (locale: Locale) => void };
const LocaleContext = createContext<LocaleChoice | undefined>(undefined);

export function LocaleProvider({ children }: { readonly children: ReactNode }) {
  const [locale, setLocale] = useState<Locale>(() => pickLocale(readStored(), navigator.languages));
  useEffect(() => {
    document.documentElement.lang = locale;
  }, [locale]);
  const choice = useMemo(
    () => ({
      locale,
      setLocale: (next: Locale) => {
        store(next);
        setLocale(next);
      },
    }),
    [locale],
  );
  const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <LocaleContext value={choice}>
      <IntlProvider locale={locale} messages={CATALOGS[locale]} timeZone={timeZone}>
        {children}
      </IntlProvider>
    </LocaleContext>
  );
}

export function useLocaleChoice(): LocaleChoice {
  const choice = useContext(LocaleContext);
  if (!choice) throw new Error('LocaleProvider is missing');
  return choice;
}

function readStored(): string | null {
  try {
    return localStorage.getItem(STORAGE_KEY);
  } catch {
    return null; // storage is blocked: the browser's language decides
  }
}

function store(locale: Locale): void {
  try {
    localStorage.setItem(STORAGE_KEY, locale);
  } catch {
    // storage is blocked: the choice lasts until the page is left
  }
}
