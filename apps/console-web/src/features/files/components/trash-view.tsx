'use client';

import DeleteIcon from '@mui/icons-material/DeleteOutlined';
import FileIcon from '@mui/icons-material/InsertDriveFileOutlined';
import FolderIcon from '@mui/icons-material/Folder';
import Box from '@mui/material/Box';
import Paper from '@mui/material/Paper';
import TableCell from '@mui/material/TableCell';
import TableRow from '@mui/material/TableRow';
import type { DriveNode } from '@tideline/contracts';
import { useTranslations } from 'use-intl';
import { Age } from '#components/age.tsx';
import { ErrorNotice } from '#components/error-notice.tsx';
import { DataTable, type Head } from '#components/ui/data-table.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { Loading } from '#components/ui/loading.tsx';
import { PageHeader } from '#components/ui/page-header.tsx';
import { useLocaleChoice } from '#i18n/locale-provider.tsx';
import { formatBytes } from '#lib/format.ts';
import { useTrash } from '../api/files.ts';
import { FilesFooter } from './files-footer.tsx';
import type { ViewProps } from './folder-view.tsx';
import { PathTrail } from './path-trail.tsx';

export function TrashView({ space, query, patch }: ViewProps) {
  const t = useTranslations('files');
  const { data, error, refetch } = useTrash(space.id, query);
  return (
    <>
      <PageHeader title={t('bin')} lead={t('binLead')} above={<PathTrail space={space} path={[]} last={t('bin')} />} />
      {error && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading />}
      {data && (
        <Paper variant="outlined" sx={{ overflow: 'hidden' }}>
          <TrashTable nodes={data.nodes} />
          <FilesFooter listing={data} query={query} patch={patch} />
        </Paper>
      )}
    </>
  );
}

function TrashTable({ nodes }: { readonly nodes: readonly DriveNode[] }) {
  const t = useTranslations('files');
  const heads: Head[] = [
    { key: 'name', text: t('columns.name') },
    { key: 'size', text: t('columns.size'), align: 'right' },
    { key: 'deleted', text: t('columns.deleted') },
  ];
  return (
    <DataTable
      label={t('bin')}
      heads={heads}
      empty={nodes.length === 0 && <EmptyState icon={<DeleteIcon />} title={t('emptyBin')} />}
    >
      {nodes.map((node) => (
        <TrashRow key={node.id} node={node} />
      ))}
    </DataTable>
  );
}

function TrashRow({ node }: { readonly node: DriveNode }) {
  const { locale } = useLocaleChoice();
  const Icon = node.kind === 'folder' ? FolderIcon : FileIcon;
  return (
    <TableRow>
      <TableCell component="th" scope="row" sx={{ fontWeight: 400 }}>
        <Box sx={{ display: 'flex', alignItems: 'center', gap: 1, overflowWrap: 'anywhere' }}>
          <Icon fontSize="small" color="action" aria-hidden />
          {node.name}
        </Box>
      </TableCell>
      <TableCell align="right" sx={{ whiteSpace: 'nowrap' }}>
        {node.size !== null && formatBytes(node.size, locale)}
      </TableCell>
      <TableCell sx={{ whiteSpace: 'nowrap' }}>
        <Age at={node.trashedAt} never="–" />
      </TableCell>
    </TableRow>
  );
}
