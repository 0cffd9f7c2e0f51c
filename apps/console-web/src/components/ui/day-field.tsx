'use client';

import { zhCN as pickersZhCn } from '@mui/x-date-pickers/locales';
import { AdapterDayjs } from '@mui/x-date-pickers/AdapterDayjs';
import { DatePicker } from '@mui/x-date-pickers/DatePicker';
import { LocalizationProvider } from '@mui/x-date-pickers/LocalizationProvider';
import dayjs from 'dayjs';
import 'dayjs/locale/zh-cn';
import type { ComponentProps } from 'react';
import { useLocaleChoice } from '#i18n/locale-provider.tsx';

type Texts = NonNullable<ComponentProps<typeof LocalizationProvider>['localeText']>;
// The shipped catalogs type every text as perhaps undefined; all of those that are there are texts.
const CHINESE_TEXTS = pickersZhCn.components.MuiLocalizationProvider.defaultProps.localeText as Texts;
const ENGLISH_TEXTS: Texts = {};

type Props = {
  readonly label: string;
  readonly hint: string;
  readonly value: Date | null;
  readonly earliest: Date;
  readonly onChange: (day: Date | null) => void;
};

export function DayField({ label, hint, value, earliest, onChange }: Props) {
  const { locale } = useLocaleChoice();
  const chinese = locale === 'zh-CN';
  return (
    <LocalizationProvider
      dateAdapter={AdapterDayjs}
      adapterLocale={chinese ? 'zh-cn' : 'en'}
      localeText={chinese ? CHINESE_TEXTS : ENGLISH_TEXTS}
    >
      <DatePicker
        label={label}
        value={value === null ? null : dayjs(value)}
        minDate={dayjs(earliest)}
        onChange={(day) => onChange(day?.isValid() ? day.toDate() : null)}
        slotProps={{ textField: { size: 'small', helperText: hint, fullWidth: true }, field: { clearable: true } }}
      />
    </LocalizationProvider>
  );
}
