import Box from '@mui/material/Box';

export function Brand({ size = 'normal' }: { readonly size?: 'normal' | 'large' }) {
  const px = size === 'large' ? 40 : 28;
  return (
    <Box sx={{ display: 'flex', alignItems: 'center', gap: 1.25 }}>
      <svg width={px} height={px} viewBox="0 0 32 32" aria-hidden focusable="false">
        <rect width="32" height="32" rx="8" fill="#0a6a85" />
        <g fill="none" strokeWidth="2.6" strokeLinecap="round">
          <path d="M6 13c3.3 0 3.3 2.6 6.7 2.6S16 13 19.3 13s3.4 2.6 6.7 2.6" stroke="#ffffff" />
          <path d="M6 19.4c3.3 0 3.3 2.6 6.7 2.6s3.3-2.6 6.6-2.6S22.7 22 26 22" stroke="#8bdcf0" />
        </g>
      </svg>
      <Box
        component="span"
        sx={{ fontWeight: 700, fontSize: size === 'large' ? '1.5rem' : '1.125rem', letterSpacing: '-0.01em' }}
      >
        Tideline
      </Box>
    </Box>
  );
}
