import Box from '@mui/material/Box';
import type { SvgIconComponent } from '@mui/icons-material';

export type Tone = 'success' | 'warning' | 'error' | 'info' | 'neutral';
type Props = {
  readonly tone: Tone;
  readonly icon: SvgIconComponent;
  readonly text: string;
  /** Why, in smaller letters below. */
  readonly detail?: string | undefined;
  readonly size?: 'normal' | 'large';
};

const COLOURS: Readonly<Record<Tone, string>> = {
  success: 'success.main',
  warning: 'warning.main',
  error: 'error.main',
  info: 'info.main',
  neutral: 'text.secondary',
};

/** A state is never told by colour alone: icon and word stand together (WCAG 1.4.1). */
export function StatusLabel({ tone, icon: Icon, text, detail, size = 'normal' }: Props) {
  const large = size === 'large';
  return (
    <Box
      sx={{
        display: 'inline-flex',
        verticalAlign: 'middle',
        alignItems: 'center',
        gap: large ? 1.25 : 0.75,
        minWidth: 0,
        lineHeight: 1.3,
      }}
    >
      <Icon aria-hidden sx={{ color: COLOURS[tone], fontSize: large ? 34 : 18, flexShrink: 0 }} />
      <Box sx={{ minWidth: 0 }}>
        <Box
          sx={{
            color: COLOURS[tone],
            fontWeight: 600,
            fontSize: large ? '1.25rem' : 'inherit',
            overflow: 'hidden',
            textOverflow: 'ellipsis',
          }}
        >
          {text}
        </Box>
        {detail && (
          <Box
            title={detail}
            sx={{
              color: 'text.secondary',
              fontSize: large ? '0.9375rem' : '0.75rem',
              ...(large ? {} : { overflow: 'hidden', textOverflow: 'ellipsis' }),
            }}
          >
            {detail}
          </Box>
        )}
      </Box>
    </Box>
  );
}
