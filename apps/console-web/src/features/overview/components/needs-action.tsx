'use client';

import CheckCircleIcon from '@mui/icons-material/CheckCircle';
import ChevronRightIcon from '@mui/icons-material/ChevronRight';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import List from '@mui/material/List';
import ListItem from '@mui/material/ListItem';
import ListItemButton from '@mui/material/ListItemButton';
import Typography from '@mui/material/Typography';
import type { Overview } from '@tideline/contracts';
import NextLink from 'next/link';
import { useTranslations } from 'use-intl';
import { HealthMark } from '#components/health-mark.tsx';
import { EmptyState } from '#components/ui/empty-state.tsx';
import { Panel } from '#components/ui/panel.tsx';

type Items = Overview['needsAction'];

export function NeedsAction({ items, active }: { readonly items: Items; readonly active: number }) {
  const t = useTranslations('overview');
  return (
    <Panel
      title={t('needsAction')}
      lead={t('needsActionLead')}
      flush
      actions={
        <Button component={NextLink} href="/devices/?sort=health&direction=asc" size="small" sx={{ minWidth: 0 }}>
          {t('allDevices')}
        </Button>
      }
    >
      {items.length === 0 ? (
        <EmptyState icon={<CheckCircleIcon color={active > 0 ? 'success' : 'disabled'} />} title={t('nothingToDo')}>
          {t('nothingToDoDetail', { count: active })}
        </EmptyState>
      ) : (
        <List disablePadding>
          {items.map((item) => (
            <Row key={item.deviceId} item={item} />
          ))}
        </List>
      )}
    </Panel>
  );
}

function Row({ item }: { readonly item: Items[number] }) {
  return (
    <ListItem disablePadding sx={{ borderTop: 1, borderColor: 'divider' }}>
      <ListItemButton component={NextLink} href={`/device/?id=${item.deviceId}`} sx={{ gap: 2, px: 2, py: 1 }}>
        <Box
          sx={{
            flex: 1,
            minWidth: 0,
            display: 'grid',
            gap: { xs: 0.5, sm: 2 },
            alignItems: 'center',
            gridTemplateColumns: { xs: 'minmax(0,1fr)', sm: 'minmax(0,2fr) minmax(0,3fr)' },
          }}
        >
          <Box sx={{ minWidth: 0 }}>
            <Typography noWrap sx={{ fontWeight: 600 }}>
              {item.deviceName}
            </Typography>
            <Typography noWrap variant="body2" color="textSecondary">
              {item.userName}
            </Typography>
          </Box>
          <HealthMark health={item.health} />
        </Box>
        <ChevronRightIcon aria-hidden color="action" />
      </ListItemButton>
    </ListItem>
  );
}
