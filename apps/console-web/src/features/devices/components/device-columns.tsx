'use client';

import Box from '@mui/material/Box';
import Link from '@mui/material/Link';
import type { GridColDef } from '@mui/x-data-grid';
import type { Device } from '@tideline/contracts';
import type messages from '#i18n/messages/en.json';
import NextLink from 'next/link';
import { useMemo } from 'react';
import { useTranslations } from 'use-intl';
import { Age } from '#components/age.tsx';
import { ConnectionMark } from '#components/connection-mark.tsx';
import { DeviceHealthMark } from '#components/health-mark.tsx';
import { useLocaleChoice } from '#i18n/locale-provider.tsx';
import { formatCount, formatShare } from '#lib/format.ts';

type Column = GridColDef<Device>;
type Field = keyof (typeof messages)['devices']['columns'];

export function useDeviceColumns(): Column[] {
  const t = useTranslations('devices');
  const { locale } = useLocaleChoice();
  return useMemo(() => {
    const count = (value: number) => formatCount(value, locale);
    const text = (field: Field, flex: number, minWidth: number): Column => {
      return { field, headerName: t(`columns.${field}`), flex, minWidth, display: 'flex' };
    };
    const number = (field: Field, width: number, textOf: (device: Device) => string): Column => ({
      ...text(field, 0, width),
      width,
      align: 'right',
      headerAlign: 'right',
      renderCell: ({ row }) => <span style={{ fontVariantNumeric: 'tabular-nums' }}>{textOf(row)}</span>,
    });
    return [
      { ...text('name', 1, 115), hideable: false, renderCell: ({ row }) => <NameCell device={row} /> },
      { ...text('user', 0.8, 95), display: 'text', valueGetter: (_, row) => row.user.name },
      { ...text('health', 2, 230), renderCell: ({ row }) => <DeviceHealthMark device={row} /> },
      { ...text('lastSeen', 0.6, 110), renderCell: ({ row }) => <ConnectionMark device={row} /> },
      { ...text('lastFullSync', 0.6, 115), renderCell: ({ row }) => <Age at={row.lastFullSync} never="–" /> },
      number('tasks', 75, (device) => `${count(device.tasks)} / ${count(device.maxTasks)}`),
      { ...number('files', 105, (device) => count(device.files)), renderCell: ({ row }) => <FilesCell device={row} /> },
      number('pending', 80, (device) => count(device.pending)),
      number('failed', 70, (device) => count(device.failed)),
      { ...text('os', 0.7, 140), sortable: false },
      { ...text('agentVersion', 0.4, 80), sortable: false },
    ] satisfies Column[];
  }, [t, locale]);
}

function NameCell({ device }: { readonly device: Device }) {
  return (
    <Link component={NextLink} href={`/device/?id=${device.id}`} title={device.name} noWrap sx={{ fontWeight: 600 }}>
      {device.name}
    </Link>
  );
}

function FilesCell({ device }: { readonly device: Device }) {
  const t = useTranslations('devices');
  const { locale } = useLocaleChoice();
  return (
    <Box sx={{ lineHeight: 1.3, fontVariantNumeric: 'tabular-nums' }}>
      <div>{formatCount(device.files, locale)}</div>
      <Box sx={{ fontSize: '0.75rem', color: 'text.secondary' }}>
        {t('shareOfLimit', { share: formatShare(device.files, device.maxFiles, locale) })}
      </Box>
    </Box>
  );
}
