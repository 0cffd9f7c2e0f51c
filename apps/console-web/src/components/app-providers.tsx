'use client';

import CssBaseline from '@mui/material/CssBaseline';
import { ThemeProvider } from '@mui/material/styles';
import { QueryClientProvider } from '@tanstack/react-query';
import { useState, useSyncExternalStore, type ReactNode } from 'react';
import { LocaleProvider, useLocaleChoice } from '#i18n/locale-provider.tsx';
import { createQueryClient } from '#lib/query-client.ts';
import { themeFor } from '#lib/theme.ts';
import { NoticeProvider } from './ui/notice-provider.tsx';

export function AppProviders({ children }: { readonly children: ReactNode }) {
  const [queryClient] = useState(createQueryClient);
  // Language, scheme and clock are the reader's: the exported page holds none of them, so nothing flashes or differs.
  if (!useIsBrowser()) return null;
  return (
    <LocaleProvider>
      <Themed>
        <QueryClientProvider client={queryClient}>
          <NoticeProvider>{children}</NoticeProvider>
        </QueryClientProvider>
      </Themed>
    </LocaleProvider>
  );
}

function Themed({ children }: { readonly children: ReactNode }) {
  const { locale } = useLocaleChoice();
  return (
    <ThemeProvider theme={themeFor(locale)} defaultMode="system" modeStorageKey="tideline-scheme">
      <CssBaseline enableColorScheme />
      {children}
    </ThemeProvider>
  );
}

function useIsBrowser(): boolean {
  return useSyncExternalStore(
    () => () => undefined,
    () => true,
    () => false,
  );
}
