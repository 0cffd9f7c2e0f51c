'use client';

import LogoutIcon from '@mui/icons-material/Logout';
import Avatar from '@mui/material/Avatar';
import Box from '@mui/material/Box';
import Divider from '@mui/material/Divider';
import IconButton from '@mui/material/IconButton';
import ListItemIcon from '@mui/material/ListItemIcon';
import Menu from '@mui/material/Menu';
import MenuItem from '@mui/material/MenuItem';
import Tooltip from '@mui/material/Tooltip';
import Typography from '@mui/material/Typography';
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { useLogout } from '#features/session/api/session.ts';
import { useSession } from '#features/session/components/session-gate.tsx';

export function AccountMenu() {
  const t = useTranslations('shell');
  const session = useSession();
  const logout = useLogout();
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  return (
    <>
      <Tooltip title={session.name}>
        <IconButton
          aria-label={t('account', { name: session.name })}
          aria-haspopup="menu"
          aria-expanded={anchor !== null}
          onClick={(event) => setAnchor(event.currentTarget)}
          sx={{ p: 0.5 }}
        >
          <Avatar
            sx={{ width: 32, height: 32, fontSize: '0.875rem', bgcolor: 'primary.main', color: 'primary.contrastText' }}
          >
            {initialsOf(session.name)}
          </Avatar>
        </IconButton>
      </Tooltip>
      <Menu anchorEl={anchor} open={anchor !== null} onClose={() => setAnchor(null)}>
        <Box sx={{ px: 2, py: 1 }} role="presentation">
          <Typography sx={{ fontWeight: 600 }}>{session.name}</Typography>
          <Typography variant="body2" color="textSecondary">
            {session.email}
          </Typography>
          <Typography variant="body2" color="textSecondary">
            {t(`roles.${session.role}`)}
          </Typography>
        </Box>
        <Divider role="presentation" />
        <MenuItem onClick={() => logout.mutate()} disabled={logout.isPending}>
          <ListItemIcon>
            <LogoutIcon fontSize="small" />
          </ListItemIcon>
          {t('signOut')}
        </MenuItem>
      </Menu>
    </>
  );
}

/** Two initials of a name in words; the last character of a name written without spaces, such as a Chinese one. */
function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/);
  const first = [...(words[0] ?? '')];
  if (words.length === 1) return (/\p{Script=Han}/u.test(name) ? first.at(-1) : first[0]?.toUpperCase()) ?? '';
  return [first[0], [...(words.at(-1) ?? '')][0]].join('').toUpperCase();
}
