import Box from '@mui/material/Box';
import ButtonBase from '@mui/material/ButtonBase';
import type { SvgIconComponent } from '@mui/icons-material';
import NextLink from 'next/link';
import type { Tone } from './status-label.tsx';

type Props = {
  readonly href: string;
  readonly label: string;
  readonly value: string;
  readonly detail?: string | undefined;
  readonly icon: SvgIconComponent;
  /** Colours the icon when there is something to see. */
  readonly tone: Tone;
};

/** A number that opens the list it counts. */
export function KpiTile({ href, label, value, detail, icon: Icon, tone }: Props) {
  return (
    <ButtonBase
      component={NextLink}
      href={href}
      focusRipple
      sx={{
        display: 'block',
        textAlign: 'left',
        p: 1.75,
        borderRadius: 1,
        border: 1,
        borderColor: 'divider',
        bgcolor: 'background.paper',
        '&:hover': { borderColor: 'primary.main' },
        '&.Mui-focusVisible': { outline: '2px solid', outlineColor: 'primary.main', outlineOffset: 2 },
      }}
    >
      <Box sx={{ display: 'flex', alignItems: 'center', gap: 0.75, color: 'text.secondary', fontSize: '0.8125rem' }}>
        <Icon aria-hidden sx={{ fontSize: 18, color: tone === 'neutral' ? 'text.secondary' : `${tone}.main` }} />
        {label}
      </Box>
      <Box sx={{ mt: 0.5, fontSize: '1.75rem', fontWeight: 650, lineHeight: 1.2, fontVariantNumeric: 'tabular-nums' }}>
        {value}
      </Box>
      <Box sx={{ fontSize: '0.8125rem', color: 'text.secondary', minHeight: '1.4em' }}>{detail}</Box>
    </ButtonBase>
  );
}
