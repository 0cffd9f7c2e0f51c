'use client';

import CheckIcon from '@mui/icons-material/Check';
import FolderIcon from '@mui/icons-material/Folder';
import Box from '@mui/material/Box';
import Breadcrumbs from '@mui/material/Breadcrumbs';
import Button from '@mui/material/Button';
import Link from '@mui/material/Link';
import List from '@mui/material/List';
import ListItem from '@mui/material/ListItem';
import ListItemButton from '@mui/material/ListItemButton';
import ListItemIcon from '@mui/material/ListItemIcon';
import ListItemText from '@mui/material/ListItemText';
import Typography from '@mui/material/Typography';
import type { NodeId, Space } from '@tideline/contracts';
import { useState, type ReactNode } from 'react';
import { useTranslations } from 'use-intl';
import { ErrorNotice } from '#components/error-notice.tsx';
import { SPACE_ICONS, useSpaceName } from '#components/space-name.tsx';
import { Loading } from '#components/ui/loading.tsx';
import { useChildren, useSpaces } from '#features/files/api/files.ts';
import type { GrantFolder } from '../grant-form.ts';

const FOLDERS_SHOWN = 1000;
type Props = { readonly value: GrantFolder | null; readonly onChoose: (folder: GrantFolder | null) => void };

/** Space, then folder. Personal spaces need no grant and take none, so they are not offered. */
export function FolderPicker({ value, onChoose }: Props) {
  const t = useTranslations('people');
  const [space, setSpace] = useState<Space | null>(null);
  if (value !== null) {
    return (
      <Box sx={{ display: 'flex', alignItems: 'center', gap: 1, flexWrap: 'wrap' }}>
        <FolderIcon color="primary" aria-hidden />
        <Typography sx={{ fontWeight: 600, flex: 1, minWidth: 0, overflowWrap: 'anywhere' }}>{value.label}</Typography>
        <Button size="small" onClick={() => onChoose(null)}>
          {t('picker.change')}
        </Button>
      </Box>
    );
  }
  return (
    <Box sx={{ border: 1, borderColor: 'divider', borderRadius: 1, maxHeight: 280, overflow: 'auto' }}>
      {space === null ? (
        <Spaces onOpen={setSpace} />
      ) : (
        <Folders key={space.id} space={space} onSpaces={() => setSpace(null)} onChoose={onChoose} />
      )}
    </Box>
  );
}

function Spaces({ onOpen }: { readonly onOpen: (space: Space) => void }) {
  const t = useTranslations('people');
  const nameOf = useSpaceName();
  const { data: spaces, error } = useSpaces();
  if (error) return <ErrorNotice error={error} />;
  if (!spaces) return <Loading />;
  const shared = spaces.filter((space) => space.kind !== 'personal');
  if (shared.length === 0) return <Typography sx={{ p: 2 }}>{t('picker.noSpaces')}</Typography>;
  return (
    <List dense disablePadding aria-label={t('picker.spaces')}>
      {shared.map((space) => {
        const Icon = SPACE_ICONS[space.kind];
        return (
          <Row
            key={space.id}
            icon={<Icon fontSize="small" color="primary" />}
            text={nameOf(space)}
            onOpen={() => onOpen(space)}
          />
        );
      })}
    </List>
  );
}

type FoldersProps = {
  readonly space: Space;
  readonly onSpaces: () => void;
  readonly onChoose: (folder: GrantFolder) => void;
};

function Folders({ space, onSpaces, onChoose }: FoldersProps) {
  const t = useTranslations('people');
  const nameOf = useSpaceName();
  const [nodeId, setNodeId] = useState<NodeId>(space.rootId);
  const { data, error } = useChildren(space.id, nodeId, { after: undefined, limit: FOLDERS_SHOWN });
  if (error) return <ErrorNotice error={error} />;
  if (!data) return <Loading />;
  const path = data.path.filter(({ id }) => id !== space.rootId);
  const folders = data.nodes.filter(({ kind }) => kind === 'folder');
  const label = [nameOf(space), ...path.map(({ name }) => name)].join(' / ');
  return (
    <>
      <Box
        sx={{
          p: 1.25,
          display: 'flex',
          gap: 1,
          alignItems: 'center',
          flexWrap: 'wrap',
          borderBottom: 1,
          borderColor: 'divider',
        }}
      >
        <PickerTrail
          spaceName={nameOf(space)}
          path={path}
          onSpaces={onSpaces}
          onOpen={(id) => setNodeId(id ?? space.rootId)}
        />
        <Button size="small" variant="outlined" startIcon={<CheckIcon />} onClick={() => onChoose({ nodeId, label })}>
          {t('picker.choose')}
        </Button>
      </Box>
      <List dense disablePadding aria-label={t('picker.folders')}>
        {folders.map(({ id, name }) => (
          <Row
            key={id}
            icon={<FolderIcon fontSize="small" color="primary" />}
            text={name}
            onOpen={() => setNodeId(id)}
          />
        ))}
        {folders.length === 0 && (
          <Typography sx={{ p: 1.5, color: 'text.secondary' }}>{t('picker.noFolders')}</Typography>
        )}
      </List>
    </>
  );
}

type TrailProps = {
  readonly spaceName: string;
  readonly path: readonly { id: NodeId; name: string }[];
  readonly onSpaces: () => void;
  readonly onOpen: (nodeId: NodeId | undefined) => void;
};

function PickerTrail({ spaceName, path, onSpaces, onOpen }: TrailProps) {
  const t = useTranslations('people');
  const here = path.at(-1)?.name ?? spaceName;
  return (
    <Breadcrumbs
      aria-label={t('picker.trail')}
      sx={{ flex: 1, minWidth: 0, fontSize: '0.8125rem', '& button': { py: 0.5 } }}
    >
      <Link component="button" type="button" onClick={onSpaces}>
        {t('picker.spaces')}
      </Link>
      {path.length > 0 && (
        <Link component="button" type="button" onClick={() => onOpen(undefined)}>
          {spaceName}
        </Link>
      )}
      {path.slice(0, -1).map(({ id, name }) => (
        <Link key={id} component="button" type="button" onClick={() => onOpen(id)}>
          {name}
        </Link>
      ))}
      <span aria-current="true">{here}</span>
    </Breadcrumbs>
  );
}

type RowProps = { readonly icon: ReactNode; readonly text: string; readonly onOpen: () => void };

function Row({ icon, text, onOpen }: RowProps) {
  return (
    <ListItem disablePadding>
      <ListItemButton onClick={onOpen}>
        <ListItemIcon sx={{ minWidth: 34 }}>{icon}</ListItemIcon>
        <ListItemText primary={text} sx={{ overflowWrap: 'anywhere' }} />
      </ListItemButton>
    </ListItem>
  );
}
