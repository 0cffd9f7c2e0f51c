'use client';

import CheckIcon from '@mui/icons-material/CheckCircle';
import ContentCopyIcon from '@mui/icons-material/ContentCopy';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { useState } from 'react';
import { useTranslations } from 'use-intl';
import { MONO_FONTS } from '#lib/theme.ts';

const COPIED_MS = 3_000;

/** A command or secret to be copied as it stands. */
export function CopyField({ text, label }: { readonly text: string; readonly label: string }) {
  const t = useTranslations('common');
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    window.setTimeout(() => setCopied(false), COPIED_MS);
  };
  return (
    <Box sx={{ display: 'flex', alignItems: 'stretch', gap: 1, flexWrap: 'wrap' }}>
      <Box
        component="code"
        tabIndex={0}
        aria-label={label}
        role="textbox"
        aria-readonly="true"
        sx={{
          flex: '1 1 16rem',
          minWidth: 0,
          px: 1.25,
          py: 0.9,
          borderRadius: 1,
          border: 1,
          borderColor: 'divider',
          bgcolor: 'background.default',
          fontFamily: MONO_FONTS,
          fontSize: '0.8125rem',
          textAlign: 'left',
          overflowWrap: 'anywhere',
          userSelect: 'all',
        }}
      >
        {text}
      </Box>
      <Button
        variant="outlined"
        onClick={() => void copy()}
        startIcon={copied ? <CheckIcon /> : <ContentCopyIcon />}
        sx={{ alignSelf: 'flex-start' }}
      >
        <span aria-live="polite">{copied ? t('copied') : t('copy')}</span>
      </Button>
    </Box>
  );
}
