'use client';

import Box from '@mui/material/Box';
import List from '@mui/material/List';
import ListItem from '@mui/material/ListItem';
import ListItemButton from '@mui/material/ListItemButton';
import ListItemIcon from '@mui/material/ListItemIcon';
import ListItemText from '@mui/material/ListItemText';
import Typography from '@mui/material/Typography';
import NextLink from 'next/link';
import { usePathname } from 'next/navigation';
import { useTranslations } from 'use-intl';
import { Brand } from '#components/brand.tsx';
import { useSession } from '#lib/session.ts';
import { isCurrent, navigationFor } from '../navigation.ts';

export function SideNavigation({ onNavigate }: { readonly onNavigate?: () => void }) {
  const t = useTranslations('shell');
  const session = useSession();
  const pathname = usePathname();
  return (
    <Box component="nav" aria-label={t('navigation')} sx={{ display: 'flex', flexDirection: 'column', height: '100%' }}>
      <Box sx={{ px: 2.25, height: 60, display: 'flex', alignItems: 'center' }}>
        <Brand />
      </Box>
      {session.enterprise && (
        <Box sx={{ px: 2.25, pb: 1.5 }}>
          <Typography sx={{ fontWeight: 600, overflowWrap: 'anywhere' }}>{session.enterprise.name}</Typography>
          <Typography variant="caption" color="textSecondary" sx={{ overflowWrap: 'anywhere' }}>
            {t('enterpriseCode', { code: session.enterprise.code })}
          </Typography>
        </Box>
      )}
      <List sx={{ px: 1, display: 'grid', gap: 0.25 }}>
        {navigationFor(session).map((item) => (
          <ListItem key={item.key} disablePadding>
            <ListItemButton
              component={NextLink}
              href={item.href}
              selected={isCurrent(item, pathname)}
              aria-current={isCurrent(item, pathname) ? 'page' : undefined}
              {...(onNavigate ? { onClick: onNavigate } : {})}
              sx={{
                borderRadius: 1,
                py: 0.75,
                '&.Mui-selected': { color: 'primary.main', '& svg': { color: 'primary.main' } },
              }}
            >
              <ListItemIcon sx={{ minWidth: 36 }}>
                <item.icon fontSize="small" />
              </ListItemIcon>
              <ListItemText primary={t(`pages.${item.key}`)} slotProps={{ primary: { sx: { fontWeight: 600 } } }} />
            </ListItemButton>
          </ListItem>
        ))}
      </List>
    </Box>
  );
}
