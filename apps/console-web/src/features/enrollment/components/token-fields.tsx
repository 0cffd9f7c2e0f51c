'use client';

import Autocomplete from '@mui/material/Autocomplete';
import Box from '@mui/material/Box';
import FormControlLabel from '@mui/material/FormControlLabel';
import FormLabel from '@mui/material/FormLabel';
import FormControl from '@mui/material/FormControl';
import MenuItem from '@mui/material/MenuItem';
import Radio from '@mui/material/Radio';
import RadioGroup from '@mui/material/RadioGroup';
import TextField from '@mui/material/TextField';
import { Controller, useWatch, type UseFormReturn } from 'react-hook-form';
import { useTranslations } from 'use-intl';
import type { z } from 'zod';
import { useTeams, useUsers } from '#features/people/api/people.ts';
import { VALID_HOURS, type TokenForm, type TokenFormInput, type TokenPerson, type TokenTeam } from '../token-form.ts';

export type TokenFormReturn = UseFormReturn<TokenFormInput, unknown, z.output<typeof TokenForm>>;
type Props = { readonly form: TokenFormReturn };

export function TokenFields({ form }: Props) {
  const t = useTranslations('enrollment');
  const { control, register, formState } = form;
  const forWhom = useWatch({ control, name: 'forWhom' });
  const { errors } = formState;
  return (
    <>
      <TextField
        label={t('fields.label')}
        autoFocus
        error={!!errors.label}
        helperText={errors.label ? t('fields.labelMissing') : t('fields.labelHint')}
        {...register('label')}
      />
      <ForWhomField form={form} />
      {forWhom === 'users' ? <UsersField form={form} /> : <TeamField form={form} />}
      <Box sx={{ display: 'grid', gap: 2, gridTemplateColumns: { xs: '1fr', sm: '1fr 1fr' } }}>
        <TextField
          label={t('fields.uses')}
          type="number"
          error={!!errors.uses}
          helperText={errors.uses ? t('fields.usesWrong') : t('fields.usesHint')}
          slotProps={{ htmlInput: { min: 1, max: 100000 } }}
          {...register('uses')}
        />
        <ValidField form={form} />
      </Box>
    </>
  );
}

function ForWhomField({ form }: Props) {
  const t = useTranslations('enrollment');
  return (
    <Controller
      control={form.control}
      name="forWhom"
      render={({ field }) => (
        <FormControl component="fieldset">
          <FormLabel component="legend">{t('fields.forWhom')}</FormLabel>
          <RadioGroup row value={field.value} onChange={field.onChange} name={field.name}>
            <FormControlLabel value="users" control={<Radio size="small" />} label={t('fields.users')} />
            <FormControlLabel value="team" control={<Radio size="small" />} label={t('fields.team')} />
          </RadioGroup>
        </FormControl>
      )}
    />
  );
}

function UsersField({ form }: Props) {
  const t = useTranslations('enrollment');
  const { data = [] } = useUsers();
  const people: TokenPerson[] = data.map(({ id, name, email }) => ({ id, name, email }));
  return (
    <Controller
      control={form.control}
      name="users"
      render={({ field, fieldState }) => (
        <Autocomplete<TokenPerson, true>
          multiple
          options={people}
          getOptionLabel={(person) => `${person.name} (${person.email})`}
          getOptionKey={(person) => person.id}
          isOptionEqualToValue={(a, b) => a.id === b.id}
          value={field.value}
          onChange={(_, chosen) => field.onChange(chosen)}
          renderInput={(params) => (
            <TextField
              {...params}
              label={t('fields.users')}
              error={!!fieldState.error}
              helperText={fieldState.error && t('fields.usersMissing')}
            />
          )}
        />
      )}
    />
  );
}

function TeamField({ form }: Props) {
  const t = useTranslations('enrollment');
  const { data = [] } = useTeams();
  const teams: TokenTeam[] = data.map(({ id, name }) => ({ id, name }));
  return (
    <Controller
      control={form.control}
      name="team"
      render={({ field, fieldState }) => (
        <Autocomplete<TokenTeam>
          options={teams}
          getOptionLabel={(team) => team.name}
          getOptionKey={(team) => team.id}
          isOptionEqualToValue={(a, b) => a.id === b.id}
          value={field.value}
          onChange={(_, chosen) => field.onChange(chosen)}
          renderInput={(params) => (
            <TextField
              {...params}
              label={t('fields.team')}
              error={!!fieldState.error}
              helperText={fieldState.error && t('fields.teamMissing')}
            />
          )}
        />
      )}
    />
  );
}

function ValidField({ form }: Props) {
  const t = useTranslations('enrollment');
  return (
    <Controller
      control={form.control}
      name="validHours"
      render={({ field }) => (
        <TextField
          select
          label={t('fields.valid')}
          value={field.value}
          onChange={field.onChange}
          helperText={t('fields.validHint')}
        >
          {VALID_HOURS.map((hours) => (
            <MenuItem key={hours} value={hours}>
              {hours < 72 ? t('fields.hours', { count: hours }) : t('fields.days', { count: hours / 24 })}
            </MenuItem>
          ))}
        </TextField>
      )}
    />
  );
}
