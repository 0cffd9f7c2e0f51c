'use client';

import BusinessIcon from '@mui/icons-material/Business';
import GroupsIcon from '@mui/icons-material/Groups';
import PersonIcon from '@mui/icons-material/Person';
import type { SvgIconComponent } from '@mui/icons-material';
import type { Space } from '@tideline/contracts';
import { useTranslations } from 'use-intl';

export const SPACE_ICONS: Readonly<Record<Space['kind'], SvgIconComponent>> = {
  enterprise: BusinessIcon,
  team: GroupsIcon,
  personal: PersonIcon,
};

/** A space by its kind and, for teams, its name: there is one enterprise space and one personal space per viewer. */
export function useSpaceName(): (space: Pick<Space, 'kind' | 'name'>) => string {
  const t = useTranslations('files');
  return (space) => t(`spaceNames.${space.kind}`, { name: space.name });
}
