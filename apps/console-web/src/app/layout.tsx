import InitColorSchemeScript from '@mui/material/InitColorSchemeScript';
import type { Metadata, Viewport } from 'next';
import type { ReactNode } from 'react';
import { AppProviders } from '#components/app-providers.tsx';

export const metadata: Metadata = {
  title: { default: 'Tideline', template: '%s · Tideline' },
  description: 'Console of Tideline sync backup',
  robots: { index: false, follow: false },
};

export const viewport: Viewport = { width: 'device-width', initialScale: 1 };

export default function RootLayout({ children }: { readonly children: ReactNode }) {
  return (
    <html lang="en" suppressHydrationWarning>
      <body>
        <InitColorSchemeScript attribute="data-scheme" defaultMode="system" modeStorageKey="tideline-scheme" />
        <AppProviders>{children}</AppProviders>
      </body>
    </html>
  );
}
