'use client';

import DownloadIcon from '@mui/icons-material/Download';
import FileIcon from '@mui/icons-material/InsertDriveFileOutlined';
import FolderIcon from '@mui/icons-material/Folder';
import HistoryIcon from '@mui/icons-material/History';
import Box from '@mui/material/Box';
import IconButton from '@mui/material/IconButton';
import Link from '@mui/material/Link';
import TableCell from '@mui/material/TableCell';
import TableRow from '@mui/material/TableRow';
import Tooltip from '@mui/material/Tooltip';
import type { DriveNode, NodeId, SpaceId } from '@tideline/contracts';
import NextLink from 'next/link';
import { useTranslations } from 'use-intl';
import { DataTable, type Head } from '#components/ui/data-table.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { useLocaleChoice } from '#i18n/locale-provider.tsx';
import { formatBytes, formatDateTime } from '#lib/format.ts';
import { downloadUrl } from '../api/files.ts';
import { folderHref } from '../files-query.ts';

type Props = {
  readonly spaceId: SpaceId;
  readonly nodes: readonly DriveNode[];
  readonly onVersions: (file: NodeId) => void;
};

export function NodeTable({ spaceId, nodes, onVersions }: Props) {
  const t = useTranslations('files');
  const heads: Head[] = [
    { key: 'name', text: t('columns.name') },
    { key: 'size', text: t('columns.size'), align: 'right' },
    { key: 'modified', text: t('columns.modified') },
    { key: 'actions', text: t('columns.actions'), hidden: true },
  ];
  return (
    <DataTable
      label={t('contents')}
      heads={heads}
      empty={nodes.length === 0 && <EmptyState title={t('emptyFolder')} />}
    >
      {nodes.map((node) => (
        <NodeRow key={node.id} spaceId={spaceId} node={node} onVersions={onVersions} />
      ))}
    </DataTable>
  );
}

function NodeRow({ spaceId, node, onVersions }: Omit<Props, 'nodes'> & { readonly node: DriveNode }) {
  const { locale } = useLocaleChoice();
  const isFolder = node.kind === 'folder';
  return (
    <TableRow hover>
      <TableCell component="th" scope="row" sx={{ minWidth: 180, fontWeight: 400 }}>
        <Box sx={{ display: 'flex', alignItems: 'center', gap: 1, overflowWrap: 'anywhere' }}>
          {isFolder ? (
            <FolderIcon fontSize="small" color="primary" aria-hidden />
          ) : (
            <FileIcon fontSize="small" color="action" aria-hidden />
          )}
          {isFolder ? (
            <Link component={NextLink} href={folderHref(spaceId, node.id)} sx={{ fontWeight: 600 }}>
              {node.name}
            </Link>
          ) : (
            <Link
              component="button"
              color="textPrimary"
              onClick={() => onVersions(node.id)}
              sx={{ textAlign: 'left', font: 'inherit' }}
            >
              {node.name}
            </Link>
          )}
        </Box>
      </TableCell>
      <TableCell align="right" sx={{ whiteSpace: 'nowrap', fontVariantNumeric: 'tabular-nums' }}>
        {node.size !== null && formatBytes(node.size, locale)}
      </TableCell>
      <TableCell sx={{ whiteSpace: 'nowrap' }}>
        {node.mtimeMs !== null && formatDateTime(node.mtimeMs, locale)}
      </TableCell>
      <TableCell align="right" sx={{ whiteSpace: 'nowrap', py: 0 }}>
        {!isFolder && <FileActions node={node} onVersions={onVersions} />}
      </TableCell>
    </TableRow>
  );
}

function FileActions({ node, onVersions }: { readonly node: DriveNode; readonly onVersions: (file: NodeId) => void }) {
  const t = useTranslations('files');
  return (
    <>
      <Tooltip title={t('versions')}>
        <IconButton size="small" aria-label={t('versionsOf', { name: node.name })} onClick={() => onVersions(node.id)}>
          <HistoryIcon fontSize="small" />
        </IconButton>
      </Tooltip>
      <Tooltip title={t('download')}>
        <IconButton
          size="small"
          component="a"
          href={downloadUrl(node.id)}
          download={node.name}
          aria-label={t('downloadOf', { name: node.name })}
        >
          <DownloadIcon fontSize="small" />
        </IconButton>
      </Tooltip>
    </>
  );
}
