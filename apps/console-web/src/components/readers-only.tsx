'use client';

import { AppError } from '@tideline/contracts';
import type { ReactNode } from 'react';
import { useTranslations } from 'use-intl';
import { useSession } from '#features/session/components/session-gate.tsx';
import { mayAdminister, mayReadConsole } from '#lib/access.ts';
import { ErrorNotice } from './error-notice.tsx';
import { EmptyState } from './ui/empty-state.tsx';

/** Says in words what the server would refuse; the server decides all the same. */
export function ReadersOnly({ admins = false, children }: { readonly admins?: boolean; readonly children: ReactNode }) {
  const t = useTranslations('shell');
  const session = useSession();
  if (session.enterprise === null) return <EmptyState title={t('operatorTitle')}>{t('operatorText')}</EmptyState>;
  if (admins ? mayAdminister(session) : mayReadConsole(session)) return children;
  return <ErrorNotice error={new AppError('FORBIDDEN')} />;
}
