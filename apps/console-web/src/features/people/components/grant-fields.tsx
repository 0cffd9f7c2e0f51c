'use client';

import Autocomplete from '@mui/material/Autocomplete';
import FormControl from '@mui/material/FormControl';
import FormControlLabel from '@mui/material/FormControlLabel';
import FormHelperText from '@mui/material/FormHelperText';
import FormLabel from '@mui/material/FormLabel';
import Radio from '@mui/material/Radio';
import RadioGroup from '@mui/material/RadioGroup';
import TextField from '@mui/material/TextField';
import Typography from '@mui/material/Typography';
import type { SyncRight } from '@tideline/contracts';
import dayjs from 'dayjs';
import { Controller } from 'react-hook-form';
import { useTranslations } from 'use-intl';
import { DayField } from '#components/ui/day-field.tsx';
import { IdentityName } from './identity-name.tsx';
import { useTeams, useUsers } from '../api/people.ts';
import type { GrantTarget } from '../grant-form.ts';
import { FolderPicker } from './folder-picker.tsx';
import type { GrantControl } from './grant-dialog.tsx';

type Props = { readonly control: GrantControl };
const RIGHTS = ['synchronizer', 'backer', 'none'] as const satisfies readonly SyncRight[];

export function TargetField({ control }: Props) {
  const t = useTranslations('people');
  const targets = useTargets();
  return (
    <Controller
      control={control}
      name="to"
      render={({ field, fieldState }) => (
        <Autocomplete<GrantTarget>
          options={targets}
          getOptionLabel={(target) => target.name}
          getOptionKey={(target) => target.id}
          isOptionEqualToValue={(a, b) => a.id === b.id}
          value={field.value}
          onChange={(_, target) => field.onChange(target)}
          renderOption={({ key, ...option }, target) => (
            <li key={key} {...option}>
              <IdentityName type={target.type} name={target.name} />
            </li>
          )}
          renderInput={(params) => (
            <TextField
              {...params}
              label={t('grants.to')}
              inputRef={field.ref}
              error={!!fieldState.error}
              helperText={fieldState.error && t('grants.toMissing')}
            />
          )}
        />
      )}
    />
  );
}

function useTargets(): readonly GrantTarget[] {
  const { data: teams = [] } = useTeams();
  const { data: users = [] } = useUsers();
  return [
    ...teams.map((team) => ({ type: 'team' as const, id: team.id, name: team.name })),
    ...users.map((user) => ({ type: 'user' as const, id: user.id, name: `${user.name} (${user.email})` })),
  ];
}

export function FolderField({ control }: Props) {
  const t = useTranslations('people');
  return (
    <Controller
      control={control}
      name="folder"
      render={({ field, fieldState }) => (
        <FormControl component="fieldset" error={!!fieldState.error}>
          <FormLabel component="legend" sx={{ mb: 0.75 }}>
            {t('grants.folder')}
          </FormLabel>
          <FolderPicker value={field.value} onChoose={field.onChange} />
          {fieldState.error && <FormHelperText>{t('grants.folderMissing')}</FormHelperText>}
        </FormControl>
      )}
    />
  );
}

export function RightField({ control }: Props) {
  const t = useTranslations('people');
  return (
    <Controller
      control={control}
      name="syncRight"
      render={({ field }) => (
        <FormControl component="fieldset">
          <FormLabel component="legend">{t('grants.right')}</FormLabel>
          <RadioGroup value={field.value} onChange={field.onChange} name={field.name}>
            {RIGHTS.map((right) => (
              <FormControlLabel
                key={right}
                value={right}
                control={<Radio size="small" />}
                sx={{ alignItems: 'flex-start', mt: 0.5 }}
                label={
                  <>
                    <Typography sx={{ fontWeight: 600, lineHeight: 1.4, mt: 0.9 }}>{t(`rights.${right}`)}</Typography>
                    <Typography variant="body2" color="textSecondary">
                      {t(`rightTexts.${right}`)}
                    </Typography>
                  </>
                }
              />
            ))}
          </RadioGroup>
        </FormControl>
      )}
    />
  );
}

export function ExpiryField({ control }: Props) {
  const t = useTranslations('people');
  return (
    <Controller
      control={control}
      name="lastDay"
      render={({ field }) => (
        <DayField
          label={t('grants.lastDay')}
          hint={t('grants.lastDayHint')}
          value={field.value}
          earliest={dayjs().startOf('day').toDate()}
          onChange={field.onChange}
        />
      )}
    />
  );
}
