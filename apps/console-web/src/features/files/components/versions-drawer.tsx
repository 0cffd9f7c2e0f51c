'use client';

import CloseIcon from '@mui/icons-material/Close';
import Box from '@mui/material/Box';
import Drawer from '@mui/material/Drawer';
import IconButton from '@mui/material/IconButton';
import Typography from '@mui/material/Typography';
import type { NodeId, SpaceId } from '@tideline/contracts';
import { useId } from 'react';
import { useTranslations } from 'use-intl';
import { ErrorNotice } from '#components/error-notice.tsx';
import { Loading } from '#components/ui/loading.tsx';
import { useVersions } from '../api/files.ts';
import { VersionItem } from './version-item.tsx';

type Props = { readonly spaceId: SpaceId; readonly fileId: NodeId | undefined; readonly onClose: () => void };

export function VersionsDrawer({ spaceId, fileId, onClose }: Props) {
  const titleId = useId();
  return (
    <Drawer
      anchor="right"
      open={fileId !== undefined}
      onClose={onClose}
      slotProps={{
        paper: { sx: { width: 'min(100vw, 440px)' }, role: 'dialog', 'aria-modal': true, 'aria-labelledby': titleId },
      }}
    >
      {fileId && <Versions spaceId={spaceId} fileId={fileId} titleId={titleId} onClose={onClose} />}
    </Drawer>
  );
}

type ContentProps = Props & { readonly fileId: NodeId; readonly titleId: string };

function Versions({ spaceId, fileId, titleId, onClose }: ContentProps) {
  const t = useTranslations('files');
  const common = useTranslations('common');
  const { data, error, refetch } = useVersions(spaceId, fileId);
  return (
    <Box sx={{ p: 2.5 }}>
      <Box sx={{ display: 'flex', gap: 1, alignItems: 'flex-start', mb: 1 }}>
        <Box sx={{ flex: 1, minWidth: 0 }}>
          <Typography variant="h2" component="h2" id={titleId}>
            {t('versions')}
          </Typography>
          <Typography color="textSecondary" sx={{ overflowWrap: 'anywhere' }}>
            {data?.node.name}
          </Typography>
        </Box>
        <IconButton onClick={onClose} aria-label={common('close')} autoFocus>
          <CloseIcon />
        </IconButton>
      </Box>
      {error && <ErrorNotice error={error} onRetry={() => void refetch()} />}
      {!data && !error && <Loading />}
      {data && (
        <>
          <Typography variant="body2" color="textSecondary">
            {t('versionCount', { count: data.versions.length })}
          </Typography>
          <Box component="ol" sx={{ m: 0, p: 0, listStyle: 'none' }}>
            {data.versions.map((version) => (
              <VersionItem key={version.id} node={data.node} version={version} />
            ))}
          </Box>
        </>
      )}
    </Box>
  );
}
