import Box from '@mui/material/Box';
import LinearProgress from '@mui/material/LinearProgress';
import Typography from '@mui/material/Typography';
import { useId } from 'react';

const NEAR = 0.8;
const VERY_NEAR = 0.95;
type Props = { readonly label: string; readonly used: number; readonly limit: number; readonly text: string };

/** How much of a limit is used; the bands are those of the limits table (80, 95, 100 %). */
export function UsageBar({ label, used, limit, text }: Props) {
  const labelId = useId();
  const share = limit === 0 ? 0 : Math.min(1, used / limit);
  return (
    <Box>
      <Box sx={{ display: 'flex', justifyContent: 'space-between', gap: 1, mb: 0.5 }}>
        <Typography variant="body2" color="textSecondary" id={labelId}>
          {label}
        </Typography>
        <Typography variant="body2" sx={{ fontVariantNumeric: 'tabular-nums', fontWeight: 600 }}>
          {text}
        </Typography>
      </Box>
      <LinearProgress
        variant="determinate"
        value={share * 100}
        color={colourOf(share)}
        aria-labelledby={labelId}
        aria-valuetext={text}
        sx={{ height: 8, borderRadius: 4 }}
      />
    </Box>
  );
}

function colourOf(share: number): 'primary' | 'warning' | 'error' {
  if (share >= VERY_NEAR) return 'error';
  return share >= NEAR ? 'warning' : 'primary';
}
