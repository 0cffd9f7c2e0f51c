'use client';

import Tooltip from '@mui/material/Tooltip';
import { useLocaleChoice } from '#i18n/locale-provider.tsx';
import { formatAge, formatDateTime } from '#lib/format.ts';
import { useNow } from '#lib/use-now.ts';

/** How long ago, with the exact time behind it. */
export function Age({ at, never }: { readonly at: string | null; readonly never: string }) {
  const { locale } = useLocaleChoice();
  const nowMs = useNow();
  if (at === null) return <>{never}</>;
  return (
    <Tooltip title={formatDateTime(at, locale)}>
      <time dateTime={at}>{formatAge(at, nowMs, locale)}</time>
    </Tooltip>
  );
}
