'use client';

import type { ReactNode } from 'react';
import { LiveProvider } from '#components/live-provider.tsx';
import { SessionGate } from '#features/session/components/session-gate.tsx';
import { AppShell } from '#features/shell/components/app-shell.tsx';

export default function ConsoleLayout({ children }: { readonly children: ReactNode }) {
  return (
    <SessionGate>
      <LiveProvider>
        <AppShell>{children}</AppShell>
      </LiveProvider>
    </SessionGate>
  );
}
