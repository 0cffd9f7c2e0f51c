import Box from '@mui/material/Box';
import Paper from '@mui/material/Paper';
import Typography from '@mui/material/Typography';
import { useId, type ReactNode } from 'react';

type Props = {
  readonly title: string;
  readonly lead?: ReactNode;
  readonly actions?: ReactNode;
  /** A table reaches to the edges of its panel. */
  readonly flush?: boolean;
  readonly children: ReactNode;
};

export function Panel({ title, lead, actions, flush = false, children }: Props) {
  const titleId = useId();
  return (
    <Paper component="section" variant="outlined" aria-labelledby={titleId} sx={{ overflow: 'hidden' }}>
      <Box
        sx={{
          px: 2,
          pt: 1.75,
          pb: flush ? 1.25 : 0.5,
          display: 'flex',
          flexWrap: 'wrap',
          gap: 1,
          alignItems: 'center',
        }}
      >
        <Box sx={{ flex: '1 1 12rem', minWidth: 0 }}>
          <Typography variant="h2" id={titleId}>
            {title}
          </Typography>
          {lead && (
            <Typography variant="body2" color="textSecondary" component="div">
              {lead}
            </Typography>
          )}
        </Box>
        {actions}
      </Box>
      <Box sx={flush ? {} : { px: 2, pb: 2, pt: 1 }}>{children}</Box>
    </Paper>
  );
}
