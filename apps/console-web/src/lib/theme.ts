'use client';

import { zhCN as coreZhCn } from '@mui/material/locale';
import { createTheme, type ThemeOptions } from '@mui/material/styles';
import { zhCN as gridZhCn } from '@mui/x-data-grid/locales';
import type {} from '@mui/material/themeCssVarsAugmentation';
import type {} from '@mui/x-data-grid/themeAugmentation';
import type { Locale } from '#i18n/locale.ts';

/** Fonts of the reader's own system: nothing is fetched, and Chinese glyphs come from the system's Chinese face. */
const FONTS = [
  '-apple-system',
  'BlinkMacSystemFont',
  '"Segoe UI"',
  'Inter',
  '"Noto Sans"',
  '"PingFang SC"',
  '"Microsoft YaHei"',
  '"Noto Sans CJK SC"',
  '"Noto Sans SC"',
  'sans-serif',
].join(', ');
export const MONO_FONTS = 'ui-monospace, SFMono-Regular, "Cascadia Mono", Consolas, "Noto Sans Mono", monospace';

/** Text colours on their backgrounds reach 4.5:1 in both schemes (WCAG 1.4.3). */
const light = {
  palette: {
    primary: { main: '#0a6a85', dark: '#07536a', light: '#2b8aa6', contrastText: '#ffffff' },
    secondary: { main: '#475467' },
    success: { main: '#1b7a43', contrastText: '#ffffff' },
    warning: { main: '#a15c00', contrastText: '#ffffff' },
    error: { main: '#b3261e', contrastText: '#ffffff' },
    info: { main: '#1f5fbf', contrastText: '#ffffff' },
    background: { default: '#f5f7f9', paper: '#ffffff' },
    text: { primary: '#17212b', secondary: '#52606d' },
    divider: '#dde3e8',
  },
} as const;
const dark = {
  palette: {
    primary: { main: '#5cc6e0', dark: '#3aa9c5', light: '#8bdcf0', contrastText: '#04222b' },
    secondary: { main: '#a9b6c3' },
    success: { main: '#5fcf8b', contrastText: '#04220f' },
    warning: { main: '#f2b24c', contrastText: '#2a1800' },
    error: { main: '#ff8f87', contrastText: '#330503' },
    info: { main: '#86b6ff', contrastText: '#04183a' },
    background: { default: '#0e151b', paper: '#151e26' },
    text: { primary: '#e6edf3', secondary: '#a3b1bf' },
    divider: '#2a3641',
  },
} as const;

const components: NonNullable<ThemeOptions['components']> = {
  MuiCssBaseline: {
    styleOverrides: {
      '@media (prefers-reduced-motion: reduce)': {
        '*, *::before, *::after': { animationDuration: '0.01ms !important', transitionDuration: '0.01ms !important' },
      },
    },
  },
  MuiButtonBase: {
    styleOverrides: {
      root: ({ theme }) => ({
        '&.Mui-focusVisible': { outline: `2px solid ${(theme.vars ?? theme).palette.primary.main}`, outlineOffset: 1 },
      }),
    },
  },
  MuiButton: { defaultProps: { disableElevation: true } },
  MuiTextField: { defaultProps: { size: 'small', fullWidth: true } },
  MuiSelect: { defaultProps: { size: 'small' } },
  MuiPaper: { styleOverrides: { root: { backgroundImage: 'none' } } },
  MuiTableCell: {
    styleOverrides: {
      root: ({ theme }) => ({ borderColor: (theme.vars ?? theme).palette.divider }),
      head: { fontWeight: 600, whiteSpace: 'nowrap' },
    },
  },
  MuiTooltip: { defaultProps: { arrow: true } },
  MuiLink: { defaultProps: { underline: 'hover' } },
  MuiDialogTitle: { styleOverrides: { root: { fontSize: '1.125rem', fontWeight: 600 } } },
  MuiAlert: { styleOverrides: { root: { alignItems: 'flex-start' } } },
};

const base: ThemeOptions = {
  cssVariables: { colorSchemeSelector: 'data-scheme' },
  colorSchemes: { light, dark },
  shape: { borderRadius: 8 },
  typography: {
    fontFamily: FONTS,
    fontSize: 13.5,
    h1: { fontSize: '1.5rem', fontWeight: 650, lineHeight: 1.3, letterSpacing: '-0.01em' },
    h2: { fontSize: '1.0625rem', fontWeight: 600, lineHeight: 1.4 },
    h3: { fontSize: '0.9375rem', fontWeight: 600, lineHeight: 1.4 },
    button: { textTransform: 'none', fontWeight: 600 },
  },
  components,
};

const themes = {
  en: createTheme(base),
  'zh-CN': createTheme(base, coreZhCn, gridZhCn),
} as const;

export function themeFor(locale: Locale) {
  return themes[locale];
}
