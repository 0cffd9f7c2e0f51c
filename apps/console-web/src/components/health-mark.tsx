'use client';

import BlockIcon from '@mui/icons-material/Block';
import CheckCircleIcon from '@mui/icons-material/CheckCircle';
import CloudOffIcon from '@mui/icons-material/CloudOff';
import ErrorIcon from '@mui/icons-material/Error';
import RemoveCircleIcon from '@mui/icons-material/RemoveCircleOutlined';
import UpdateIcon from '@mui/icons-material/Update';
import WarningIcon from '@mui/icons-material/WarningAmber';
import type { SvgIconComponent } from '@mui/icons-material';
import type { Device, HealthWord } from '@tideline/contracts';
import { useTranslations } from 'use-intl';
import { useLocaleChoice } from '#i18n/locale-provider.tsx';
import { reasonValues } from '#lib/reason-values.ts';
import { StatusLabel, type Tone } from './ui/status-label.tsx';

type Health = Device['health'];
export type Look = { readonly tone: Tone; readonly icon: SvgIconComponent };

export const HEALTH_LOOKS: Readonly<Record<HealthWord, Look>> = {
  healthy: { tone: 'success', icon: CheckCircleIcon },
  attention: { tone: 'warning', icon: WarningIcon },
  failing: { tone: 'error', icon: ErrorIcon },
  offline: { tone: 'neutral', icon: CloudOffIcon },
  outdated: { tone: 'warning', icon: UpdateIcon },
  no_tasks: { tone: 'neutral', icon: RemoveCircleIcon },
};

type Judged = Pick<Device, 'health' | 'lifecycle'>;

/** Health belongs to active devices; of any other its lifecycle is what a person must see first. */
export function DeviceHealthMark({
  device,
  size = 'normal',
}: {
  readonly device: Judged;
  readonly size?: 'normal' | 'large';
}) {
  const t = useTranslations('device');
  const { lifecycle } = device;
  if (lifecycle === 'active') return <HealthMark health={device.health} size={size} />;
  return (
    <StatusLabel
      tone="warning"
      icon={BlockIcon}
      text={t(`lifecycles.${lifecycle}`)}
      detail={t(`lifecycleTexts.${lifecycle}`)}
      size={size}
    />
  );
}

type Props = { readonly health: Health; readonly size?: 'normal' | 'large' };

export function HealthMark({ health, size = 'normal' }: Props) {
  const t = useTranslations('health');
  const why = useHealthReason();
  const { tone, icon } = HEALTH_LOOKS[health.word];
  return <StatusLabel tone={tone} icon={icon} text={t(`words.${health.word}`)} detail={why(health)} size={size} />;
}

/** Why a device has its health word, in the reader's language. */
function useHealthReason(): (health: Health) => string {
  const t = useTranslations('health');
  const { locale } = useLocaleChoice();
  return (health) => t(`reasons.${health.reason}`, reasonValues(health.params, locale));
}

/** What to do about the health of a device, or about its not being active. */
export function useDeviceFix(): (device: Judged) => string {
  const t = useTranslations();
  const { locale } = useLocaleChoice();
  return ({ health, lifecycle }) =>
    lifecycle === 'active'
      ? t(`health.fixes.${health.reason}`, reasonValues(health.params, locale))
      : t(`device.lifecycleFixes.${lifecycle}`);
}
