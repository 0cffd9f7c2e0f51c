'use client';

import Alert from '@mui/material/Alert';
import Button from '@mui/material/Button';
import NextLink from 'next/link';
import { usePathname } from 'next/navigation';
import { useTranslations } from 'use-intl';
import { useOwnDevices } from '../api/own-devices.ts';
import { waitsForPerson } from '../waits-for-person.ts';

const OWN_DEVICES = '/my-devices/';

/** PE-5: the person is told of every device that was enrolled in their name and waits for their word. */
export function WaitingNotice() {
  const t = useTranslations('ownDevices');
  const pathname = usePathname();
  const { data: devices = [] } = useOwnDevices();
  const [first, ...others] = devices.filter(waitsForPerson);
  if (!first) return null;
  const isHere = `${pathname}/`.startsWith(OWN_DEVICES);
  return (
    <Alert
      severity="warning"
      sx={{ mb: 2 }}
      action={
        !isHere && (
          <Button component={NextLink} href={OWN_DEVICES} color="inherit" size="small" sx={{ whiteSpace: 'nowrap' }}>
            {t('look')}
          </Button>
        )
      }
    >
      {t('waiting', { count: others.length + 1, name: first.name })}
    </Alert>
  );
}
