'use client';

import type { OwnDevice } from '@tideline/contracts';
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { ErrorNotice } from '#components/error-notice.tsx';
import { Loading } from '#components/ui/loading.tsx';
import { PageHeader } from '#components/ui/page-header.tsx';
import { useSession } from '#lib/session.ts';
import { useOwnDevices } from '../api/own-devices.ts';
import { OpenSpaceDialog } from './open-space-dialog.tsx';
import { OwnDevicesPanel } from './own-devices-panel.tsx';

export function OwnDevicesPage() {
  const t = useTranslations('shell');
  const session = useSession();
  if (session.enterprise === null) return <PageHeader title={t('operatorTitle')} lead={t('operatorText')} />;
  return <OwnDevices />;
}

function OwnDevices() {
  const t = useTranslations('ownDevices');
  const { data: devices, error, refetch } = useOwnDevices();
  const [opening, setOpening] = useState<OwnDevice | null>(null);
  return (
    <>
      <PageHeader title={t('title')} lead={t('lead')} />
      {error && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      {!devices && !error && <Loading />}
      {devices && <OwnDevicesPanel devices={devices} onOpen={setOpening} />}
      {opening && <OpenSpaceDialog device={opening} onClose={() => setOpening(null)} />}
    </>
  );
}
