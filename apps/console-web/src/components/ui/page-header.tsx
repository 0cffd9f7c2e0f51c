import Box from '@mui/material/Box';
import Typography from '@mui/material/Typography';
import { useEffect, type ReactNode } from 'react';

type Props = {
  readonly title: string;
  readonly lead?: ReactNode;
  readonly above?: ReactNode;
  readonly actions?: ReactNode;
};

export function PageHeader({ title, lead, above, actions }: Props) {
  useEffect(() => {
    document.title = `${title} · Tideline`;
  }, [title]);
  return (
    <Box component="header" sx={{ mb: 2.5 }}>
      {above}
      <Box sx={{ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: 1.5, justifyContent: 'space-between' }}>
        <Typography variant="h1" sx={{ overflowWrap: 'anywhere' }}>
          {title}
        </Typography>
        {actions && <Box sx={{ display: 'flex', flexWrap: 'wrap', gap: 1, alignItems: 'center' }}>{actions}</Box>}
      </Box>
      {lead && (
        <Typography component="div" color="textSecondary" sx={{ mt: 0.5, maxWidth: '75ch' }}>
          {lead}
        </Typography>
      )}
    </Box>
  );
}
