import Box from '@mui/material/Box';
import Typography from '@mui/material/Typography';
import type { ReactNode } from 'react';

type Props = { readonly icon?: ReactNode; readonly title: string; readonly children?: ReactNode };

export function EmptyState({ icon, title, children }: Props) {
  return (
    <Box
      sx={{ py: 5, px: 2, display: 'flex', flexDirection: 'column', alignItems: 'center', textAlign: 'center', gap: 1 }}
    >
      {icon && (
        <Box sx={{ color: 'text.secondary', fontSize: 40, lineHeight: 1, '& svg': { fontSize: 'inherit' } }}>
          {icon}
        </Box>
      )}
      <Typography variant="h3" component="p">
        {title}
      </Typography>
      {children && (
        <Typography variant="body2" color="textSecondary" component="div" sx={{ maxWidth: '60ch', width: '100%' }}>
          {children}
        </Typography>
      )}
    </Box>
  );
}
