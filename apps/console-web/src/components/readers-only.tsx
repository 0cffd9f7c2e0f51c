'use client';

import { AppError } from '@tideline/contracts';
import type { ReactNode } from 'react';
import { useTranslations } from 'use-intl';
import { useSession } from '#lib/session.ts';
import { mayAdminister, mayReadConsole } from '#lib/access.ts';
import { ErrorNotice } from './error-notice.tsx';
import { PageHeader } from './ui/page-header.tsx';

/** Says in words what the server would refuse; the server decides all the same. */
export function ReadersOnly({ admins = false, children }: { readonly admins?: boolean; readonly children: ReactNode }) {
  const t = useTranslations('shell');
  const session = useSession();
  if (session.enterprise === null) return <PageHeader title={t('operatorTitle')} lead={t('operatorText')} />;
  if (admins ? mayAdminister(session) : mayReadConsole(session)) return children;
  return <ErrorNotice error={new AppError('FORBIDDEN')} />;
}
