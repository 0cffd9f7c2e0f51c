'use client';

import Box from '@mui/material/Box';
import type { Theme } from '@mui/material/styles';
import useMediaQuery from '@mui/material/useMediaQuery';
import { DataGrid, type GridSortModel } from '@mui/x-data-grid';
import type { Device, RouteAnswer, routes } from '@tideline/contracts';
import { useTranslations } from 'use-intl';
import { GridBar } from '#components/grid-bar.tsx';
import { KeysetFooter } from '#components/keyset-footer.tsx';
import { useStoredColumns } from '#lib/use-stored-columns.ts';
import type { UrlPatch } from '#lib/use-url-state.ts';
import { PAGE_SIZES, type DevicesQuery } from '../devices-query.ts';
import { DevicesFilters } from './devices-filters.tsx';
import { useDeviceColumns } from './device-columns.tsx';

type Props = {
  readonly query: DevicesQuery;
  readonly patch: (change: UrlPatch, how?: 'push' | 'replace') => void;
  readonly list: RouteAnswer<typeof routes.fleet.devices> | undefined;
  readonly loading: boolean;
};
const NO_DEVICES: Device[] = [];
const SHOWN = {};
/** On a phone the name and why it needs help come first; the rest is a choice. */
const SHOWN_IF_NARROW = { user: false };

export function DevicesGrid({ query, patch, list, loading }: Props) {
  const t = useTranslations('devices');
  const columns = useDeviceColumns();
  const isNarrow = useMediaQuery((theme: Theme) => theme.breakpoints.down('sm'));
  const [visible, setVisible] = useStoredColumns('devices', isNarrow ? SHOWN_IF_NARROW : SHOWN);
  const rows = list?.devices ?? NO_DEVICES;
  const sort = (model: GridSortModel) =>
    patch({ sort: model[0]?.field, direction: model[0]?.sort ?? undefined, after: undefined });
  return (
    <>
      <Box sx={{ display: 'flex', flexDirection: 'column', minHeight: 220 }}>
        <DataGrid
          label={t('title')}
          rows={rows}
          columns={columns}
          loading={loading}
          rowHeight={52}
          columnHeaderHeight={42}
          sortingMode="server"
          filterMode="server"
          paginationMode="server"
          sortingOrder={['asc', 'desc']}
          sortModel={[{ field: query.sort, sort: query.direction }]}
          onSortModelChange={sort}
          paginationModel={{ page: 0, pageSize: query.limit }}
          rowCount={rows.length}
          hideFooter
          showToolbar
          disableColumnFilter
          disableColumnMenu
          disableRowSelectionOnClick
          columnVisibilityModel={visible}
          onColumnVisibilityModelChange={setVisible}
          slots={{ toolbar: GridBar }}
          localeText={{ noRowsLabel: t('noMatch') }}
          slotProps={{
            toolbar: { filters: <DevicesFilters query={query} patch={patch} /> },
            loadingOverlay: { variant: 'linear-progress', noRowsVariant: 'skeleton' },
          }}
          sx={{ border: 0, borderRadius: 0, '--DataGrid-t-color-border-base': 'var(--mui-palette-divider)' }}
        />
      </Box>
      <KeysetFooter
        shown={rows.length}
        total={list?.total ?? 0}
        pageSize={query.limit}
        pageSizes={PAGE_SIZES}
        after={query.after}
        next={list?.next ?? null}
        onPage={(after) => patch({ after })}
        onPageSize={(limit) => patch({ limit: String(limit), after: undefined })}
      />
    </>
  );
}
