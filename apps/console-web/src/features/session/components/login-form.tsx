'use client';

import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Checkbox from '@mui/material/Checkbox';
import FormControlLabel from '@mui/material/FormControlLabel';
import TextField from '@mui/material/TextField';
import { EnterpriseCode } from '@tideline/contracts';
import { useForm, useWatch } from 'react-hook-form';
import { useTranslations } from 'use-intl';
import { z } from 'zod';
import { ErrorNotice } from '#components/error-notice.tsx';
import { zodResolver } from '#lib/zod-resolver.ts';
import { useLogin } from '../api/session.ts';

const CODE_KEY = 'tideline-enterprise';
const Form = z
  .object({
    operator: z.boolean(),
    enterpriseCode: z.string().trim().toLowerCase(),
    email: z
      .string()
      .trim()
      .regex(/^[^\s@]+@[^\s@]+$/),
    password: z.string().min(1),
  })
  .refine((form) => form.operator || EnterpriseCode.safeParse(form.enterpriseCode).success, {
    path: ['enterpriseCode'],
  });

export function LoginForm() {
  const t = useTranslations('login');
  const login = useLogin();
  const { control, register, handleSubmit, formState } = useForm<z.input<typeof Form>, unknown, z.output<typeof Form>>({
    resolver: zodResolver(Form),
    defaultValues: { operator: false, enterpriseCode: readCode(), email: '', password: '' },
  });
  const operator = useWatch({ control, name: 'operator' });
  const submit = handleSubmit(({ operator: asOperator, enterpriseCode, email, password }) => {
    if (!asOperator) storeCode(enterpriseCode);
    login.mutate(asOperator ? { email, password } : { enterpriseCode, email, password });
  });
  const errors = formState.errors;
  return (
    <Box
      component="form"
      noValidate
      onSubmit={(event) => void submit(event)}
      sx={{ display: 'flex', flexDirection: 'column', gap: 2 }}
    >
      {login.error && <ErrorNotice error={login.error} />}
      {!operator && (
        <TextField
          label={t('enterpriseCode')}
          autoComplete="organization"
          autoFocus
          error={!!errors.enterpriseCode}
          helperText={errors.enterpriseCode ? t('enterpriseCodeWrong') : t('enterpriseCodeHint')}
          slotProps={{ htmlInput: { autoCapitalize: 'none', spellCheck: false } }}
          {...register('enterpriseCode')}
        />
      )}
      <TextField
        label={t('email')}
        type="email"
        autoComplete="username"
        error={!!errors.email}
        helperText={errors.email && t('emailWrong')}
        {...register('email')}
      />
      <TextField
        label={t('password')}
        type="password"
        autoComplete="current-password"
        error={!!errors.password}
        helperText={errors.password && t('passwordMissing')}
        {...register('password')}
      />
      <FormControlLabel control={<Checkbox size="small" {...register('operator')} />} label={t('operator')} />
      <Button type="submit" variant="contained" size="large" loading={login.isPending}>
        {t('submit')}
      </Button>
    </Box>
  );
}

function readCode(): string {
  const asked = new URLSearchParams(location.search).get('enterprise');
  try {
    return asked ?? localStorage.getItem(CODE_KEY) ?? '';
  } catch {
    return asked ?? ''; // storage is blocked: the code is typed each time
  }
}

function storeCode(code: string): void {
  try {
    localStorage.setItem(CODE_KEY, code);
  } catch {
    // storage is blocked: the code is typed each time
  }
}
