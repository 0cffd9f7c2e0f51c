'use client';

import Box from '@mui/material/Box';
import Link from '@mui/material/Link';
import type { GridColDef } from '@mui/x-data-grid';
import type { Device } from '@tideline/contracts';
import NextLink from 'next/link';
import { useMemo } from 'react';
import { useTranslations } from 'use-intl';
import { Age } from '#components/age.tsx';
import { ConnectionMark } from '#components/connection-mark.tsx';
import { HealthMark } from '#components/health-mark.tsx';
import { useLocaleChoice } from '#i18n/locale-provider.tsx';
import { formatCount, formatShare } from '#lib/format.ts';

type Column = GridColDef<Device>;

export function useDeviceColumns(): Column[] {
  const t = useTranslations('devices');
  const { locale } = useLocaleChoice();
  return useMemo(() => {
    const count = (value: number) => formatCount(value, locale);
    return [
      {
        field: 'name',
        headerName: t('columns.name'),
        flex: 1.1,
        minWidth: 140,
        hideable: false,
        renderCell: ({ row }) => <NameCell device={row} />,
      },
      {
        field: 'user',
        headerName: t('columns.user'),
        flex: 0.9,
        minWidth: 120,
        valueGetter: (_, row) => row.user.name,
      },
      {
        field: 'health',
        headerName: t('columns.health'),
        flex: 1.5,
        minWidth: 200,
        renderCell: ({ row }) => <HealthMark health={row.health} />,
      },
      {
        field: 'lastSeen',
        headerName: t('columns.lastSeen'),
        width: 140,
        renderCell: ({ row }) => <ConnectionMark device={row} />,
      },
      {
        field: 'lastFullSync',
        headerName: t('columns.lastFullSync'),
        width: 130,
        renderCell: ({ row }) => <Age at={row.lastFullSync} never={row.tasks > 0 ? t('neverSynced') : '–'} />,
      },
      numberColumn('tasks', t('columns.tasks'), 80, (device) => `${count(device.tasks)} / ${count(device.maxTasks)}`),
      {
        ...numberColumn('files', t('columns.files'), 130, (device) => count(device.files)),
        renderCell: ({ row }) => <FilesCell device={row} />,
      },
      numberColumn('pending', t('columns.pending'), 95, (device) => count(device.pending)),
      numberColumn('failed', t('columns.failed'), 85, (device) => count(device.failed)),
      { field: 'os', headerName: t('columns.os'), width: 150, sortable: false },
      { field: 'agentVersion', headerName: t('columns.version'), width: 100, sortable: false },
    ] satisfies Column[];
  }, [t, locale]);
}

function numberColumn(field: string, headerName: string, width: number, text: (device: Device) => string): Column {
  return {
    field,
    headerName,
    width,
    align: 'right',
    headerAlign: 'right',
    renderCell: ({ row }) => <Digits text={text(row)} />,
  };
}

function Digits({ text }: { readonly text: string }) {
  return <span style={{ fontVariantNumeric: 'tabular-nums' }}>{text}</span>;
}

function NameCell({ device }: { readonly device: Device }) {
  return (
    <Link component={NextLink} href={`/device/?id=${device.id}`} sx={{ fontWeight: 600 }}>
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
