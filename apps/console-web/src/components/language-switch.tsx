'use client';

import LanguageIcon from '@mui/icons-material/Language';
import { useTranslations } from 'use-intl';
import { LOCALE_NAMES, LOCALES } from '#i18n/locale.ts';
import { useLocaleChoice } from '#i18n/locale-provider.tsx';
import { ChoiceMenu } from './ui/choice-menu.tsx';

const CHOICES = LOCALES.map((locale) => ({ value: locale, label: LOCALE_NAMES[locale], lang: locale }));

export function LanguageSwitch() {
  const t = useTranslations('shell');
  const { locale, setLocale } = useLocaleChoice();
  return (
    <ChoiceMenu icon={<LanguageIcon />} label={t('language')} value={locale} choices={CHOICES} onChoose={setLocale} />
  );
}
