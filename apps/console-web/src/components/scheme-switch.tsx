'use client';

import DarkModeIcon from '@mui/icons-material/DarkMode';
import LightModeIcon from '@mui/icons-material/LightMode';
import SettingsBrightnessIcon from '@mui/icons-material/SettingsBrightness';
import { useColorScheme } from '@mui/material/styles';
import { useTranslations } from 'use-intl';
import { ChoiceMenu } from './ui/choice-menu.tsx';

const SCHEMES = ['system', 'light', 'dark'] as const;
const ICONS = { system: <SettingsBrightnessIcon />, light: <LightModeIcon />, dark: <DarkModeIcon /> };

export function SchemeSwitch() {
  const t = useTranslations('shell');
  const { mode = 'system', setMode } = useColorScheme();
  return (
    <ChoiceMenu
      icon={ICONS[mode]}
      label={t('scheme')}
      value={mode}
      choices={SCHEMES.map((scheme) => ({ value: scheme, label: t(`schemes.${scheme}`) }))}
      onChoose={setMode}
    />
  );
}
