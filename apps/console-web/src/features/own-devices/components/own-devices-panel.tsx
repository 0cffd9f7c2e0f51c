'use client';

import CheckCircleIcon from '@mui/icons-material/CheckCircle';
import LaptopIcon from '@mui/icons-material/LaptopOutlined';
import LockIcon from '@mui/icons-material/LockOutlined';
import WarningAmberIcon from '@mui/icons-material/WarningAmber';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import TableCell from '@mui/material/TableCell';
import TableRow from '@mui/material/TableRow';
import type { OwnDevice } from '@tideline/contracts';
import { useTranslations } from 'use-intl';
import { Age } from '#components/age.tsx';
import type { Look } from '#components/health-mark.tsx';
import { DataTable, type Head } from '#components/ui/data-table.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { Panel } from '#components/ui/panel.tsx';
import { StatusLabel } from '#components/ui/status-label.tsx';
import { waitsForPerson } from '../waits-for-person.ts';

type Reading = 'open' | 'waits' | 'closed';
type Open = (device: OwnDevice) => void;

const LOOKS: Readonly<Record<Reading, Look>> = {
  open: { tone: 'success', icon: CheckCircleIcon },
  waits: { tone: 'warning', icon: WarningAmberIcon },
  closed: { tone: 'neutral', icon: LockIcon },
};

function toReading(device: OwnDevice): Reading {
  if (device.readsPersonalSpace) return 'open';
  return waitsForPerson(device) ? 'waits' : 'closed';
}

export function OwnDevicesPanel({
  devices,
  onOpen,
}: {
  readonly devices: readonly OwnDevice[];
  readonly onOpen: Open;
}) {
  const t = useTranslations('ownDevices');
  const heads: Head[] = [
    { key: 'name', text: t('columns.name') },
    { key: 'os', text: t('columns.os') },
    { key: 'enrolled', text: t('columns.enrolled') },
    { key: 'lastSeen', text: t('columns.lastSeen') },
    { key: 'personalSpace', text: t('columns.personalSpace') },
    { key: 'actions', text: t('columns.actions'), hidden: true },
  ];
  return (
    <Panel title={t('devices')} flush>
      <DataTable
        label={t('devices')}
        heads={heads}
        empty={
          devices.length === 0 && (
            <EmptyState icon={<LaptopIcon />} title={t('none')}>
              {t('noneText')}
            </EmptyState>
          )
        }
      >
        {devices.map((device) => (
          <DeviceRow key={device.id} device={device} onOpen={onOpen} />
        ))}
      </DataTable>
    </Panel>
  );
}

function DeviceRow({ device, onOpen }: { readonly device: OwnDevice; readonly onOpen: Open }) {
  const t = useTranslations('ownDevices');
  const lifecycles = useTranslations('device.lifecycles');
  const reading = toReading(device);
  return (
    <TableRow hover>
      <TableCell component="th" scope="row" sx={{ minWidth: 160 }}>
        {device.name}
        {device.lifecycle !== 'active' && (
          <Box sx={{ color: 'text.secondary', fontSize: '0.8125rem', fontWeight: 400 }}>
            {lifecycles(device.lifecycle)}
          </Box>
        )}
      </TableCell>
      <TableCell>{device.os || '–'}</TableCell>
      <TableCell sx={{ whiteSpace: 'nowrap' }}>
        <Age at={device.enrolledAt} never="" />
      </TableCell>
      <TableCell sx={{ whiteSpace: 'nowrap' }}>
        <Age at={device.lastSeen} never={t('neverSeen')} />
      </TableCell>
      <TableCell sx={{ minWidth: 180 }}>
        <StatusLabel {...LOOKS[reading]} text={t(`readings.${reading}`)} />
      </TableCell>
      <TableCell align="right" sx={{ whiteSpace: 'nowrap' }}>
        {reading === 'waits' && (
          <Button
            size="small"
            variant="outlined"
            onClick={() => onOpen(device)}
            aria-label={t('openTo', { name: device.name })}
          >
            {t('open')}
          </Button>
        )}
      </TableCell>
    </TableRow>
  );
}
