'use client';

import Container from '@mui/material/Container';
import type { Session } from '@tideline/contracts';
import { useRouter } from 'next/navigation';
import { createContext, useContext, useEffect, type ReactNode } from 'react';
import { ErrorNotice } from '#components/error-notice.tsx';
import { Loading } from '#components/ui/loading.tsx';
import { useSessionQuery } from '../api/session.ts';

const SessionContext = createContext<Session | undefined>(undefined);

/** Shows its pages to a signed-in person only; anybody else signs in first and comes back. */
export function SessionGate({ children }: { readonly children: ReactNode }) {
  const router = useRouter();
  const { data: session, error, refetch } = useSessionQuery();
  useEffect(() => {
    if (session !== null) return;
    const here = location.pathname + location.search;
    router.replace(here === '/' ? '/login/' : `/login/?next=${encodeURIComponent(here)}`);
  }, [session, router]);

  if (session) return <SessionContext value={session}>{children}</SessionContext>;
  if (!error) return <Loading />;
  return (
    <Container component="main" maxWidth="sm" sx={{ py: 8 }}>
      <ErrorNotice error={error} onRetry={() => void refetch()} />
    </Container>
  );
}

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error('SessionGate is missing');
  return session;
}
