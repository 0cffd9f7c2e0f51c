'use client';

import GroupsIcon from '@mui/icons-material/Groups';
import PersonIcon from '@mui/icons-material/Person';
import Box from '@mui/material/Box';
import { useTranslations } from 'use-intl';

type Props = { readonly type: 'user' | 'team'; readonly name: string };

export function IdentityName({ type, name }: Props) {
  const t = useTranslations('people');
  const Icon = type === 'team' ? GroupsIcon : PersonIcon;
  return (
    <Box sx={{ display: 'flex', gap: 1, alignItems: 'center' }}>
      <Icon fontSize="small" color="action" titleAccess={t(`grants.types.${type}`)} />
      {name}
    </Box>
  );
}
