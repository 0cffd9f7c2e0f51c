import BadgeIcon from '@mui/icons-material/VpnKeyOutlined';
import DashboardIcon from '@mui/icons-material/DashboardOutlined';
import DevicesIcon from '@mui/icons-material/DevicesOutlined';
import FolderIcon from '@mui/icons-material/FolderOutlined';
import LaptopIcon from '@mui/icons-material/LaptopOutlined';
import PeopleIcon from '@mui/icons-material/PeopleOutlined';
import SettingsIcon from '@mui/icons-material/SettingsOutlined';
import type { SvgIconComponent } from '@mui/icons-material';
import type { Session } from '@tideline/contracts';
import { mayAdminister, mayReadConsole } from '#lib/access.ts';

export type NavigationItem = {
  readonly key: 'overview' | 'devices' | 'files' | 'myDevices' | 'people' | 'enrollment' | 'settings';
  readonly href: string;
  readonly icon: SvgIconComponent;
  readonly isFor: (session: Session) => boolean;
};

const NAVIGATION: readonly NavigationItem[] = [
  { key: 'overview', href: '/', icon: DashboardIcon, isFor: mayReadConsole },
  { key: 'devices', href: '/devices/', icon: DevicesIcon, isFor: mayReadConsole },
  { key: 'files', href: '/files/', icon: FolderIcon, isFor: hasEnterprise },
  { key: 'myDevices', href: '/my-devices/', icon: LaptopIcon, isFor: hasEnterprise },
  { key: 'people', href: '/people/', icon: PeopleIcon, isFor: mayReadConsole },
  { key: 'enrollment', href: '/enrollment/', icon: BadgeIcon, isFor: mayAdminister },
  { key: 'settings', href: '/settings/', icon: SettingsIcon, isFor: mayReadConsole },
];

function hasEnterprise(session: Session): boolean {
  return session.enterprise !== null;
}

export function navigationFor(session: Session): readonly NavigationItem[] {
  return NAVIGATION.filter((item) => item.isFor(session));
}

/** The device page belongs to Devices. */
export function isCurrent(item: NavigationItem, pathname: string): boolean {
  const here = pathname.endsWith('/') ? pathname : `${pathname}/`;
  return here === item.href || (item.key === 'devices' && here === '/device/');
}
