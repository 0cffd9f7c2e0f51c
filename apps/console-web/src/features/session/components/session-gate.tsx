'use client';

import Container from '@mui/material/Container';
import { useRouter } from 'next/navigation';
import { useEffect, type ReactNode } from 'react';
import { ErrorNotice } from '#components/error-notice.tsx';
import { Loading } from '#components/ui/loading.tsx';
import { SessionContext } from '#lib/session.ts';
import { useSessionQuery } from '../api/session.ts';

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
