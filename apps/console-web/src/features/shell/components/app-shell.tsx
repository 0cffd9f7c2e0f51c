'use client';

import MenuIcon from '@mui/icons-material/Menu';
import AppBar from '@mui/material/AppBar';
import Box from '@mui/material/Box';
import Drawer from '@mui/material/Drawer';
import IconButton from '@mui/material/IconButton';
import Link from '@mui/material/Link';
import Toolbar from '@mui/material/Toolbar';
import Typography from '@mui/material/Typography';
import { useState, type ReactNode } from 'react';
import { useTranslations } from 'use-intl';
import { LanguageSwitch } from '#components/language-switch.tsx';
import { LiveMark } from '#components/live-mark.tsx';
import { SchemeSwitch } from '#components/scheme-switch.tsx';
import { WaitingNotice } from '#features/own-devices/components/waiting-notice.tsx';
import { useSession } from '#lib/session.ts';
import { AccountMenu } from './account-menu.tsx';
import { SideNavigation } from './side-navigation.tsx';

const SIDE_WIDTH = 232;

export function AppShell({ children }: { readonly children: ReactNode }) {
  const [open, setOpen] = useState(false);
  return (
    <Box sx={{ display: 'flex', minHeight: '100dvh' }}>
      <SkipLink />
      <Drawer
        variant="temporary"
        open={open}
        onClose={() => setOpen(false)}
        sx={{ display: { md: 'none' } }}
        slotProps={{ paper: { sx: { width: SIDE_WIDTH } } }}
      >
        <SideNavigation onNavigate={() => setOpen(false)} />
      </Drawer>
      <Drawer
        variant="permanent"
        sx={{ display: { xs: 'none', md: 'block' }, width: SIDE_WIDTH, flexShrink: 0 }}
        slotProps={{ paper: { sx: { width: SIDE_WIDTH, bgcolor: 'background.paper' } } }}
      >
        <SideNavigation />
      </Drawer>
      <Box sx={{ flex: 1, minWidth: 0, display: 'flex', flexDirection: 'column' }}>
        <TopBar onMenu={() => setOpen(true)} />
        <Box
          component="main"
          id="main"
          tabIndex={-1}
          sx={{ flex: 1, width: '100%', maxWidth: 1480, mx: 'auto', px: { xs: 2, sm: 3 }, py: 3, outline: 'none' }}
        >
          <WaitingNotice />
          {children}
        </Box>
      </Box>
    </Box>
  );
}

function TopBar({ onMenu }: { readonly onMenu: () => void }) {
  const t = useTranslations('shell');
  const session = useSession();
  return (
    <AppBar
      position="sticky"
      color="transparent"
      elevation={0}
      sx={{ borderBottom: 1, borderColor: 'divider', bgcolor: 'background.paper', color: 'text.primary' }}
    >
      <Toolbar sx={{ gap: { xs: 0.25, sm: 1 }, minHeight: { xs: 56, sm: 60 }, px: { xs: 1.5, sm: 3 } }}>
        <IconButton aria-label={t('openNavigation')} onClick={onMenu} edge="start" sx={{ display: { md: 'none' } }}>
          <MenuIcon />
        </IconButton>
        <Typography noWrap sx={{ fontWeight: 600, display: { md: 'none' }, minWidth: 0 }}>
          {session.enterprise?.name}
        </Typography>
        <Box sx={{ flex: 1 }} />
        <LiveMark />
        <LanguageSwitch />
        <SchemeSwitch />
        <AccountMenu />
      </Toolbar>
    </AppBar>
  );
}

function SkipLink() {
  const t = useTranslations('shell');
  return (
    <Link
      href="#main"
      sx={{
        position: 'fixed',
        top: 8,
        left: 8,
        zIndex: 'tooltip',
        px: 2,
        py: 1,
        borderRadius: 1,
        bgcolor: 'primary.main',
        color: 'primary.contrastText',
        transform: 'translateY(-200%)',
        '&:focus': { transform: 'none' },
      }}
    >
      {t('skip')}
    </Link>
  );
}
