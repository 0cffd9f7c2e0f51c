'use client';

import CloudDoneIcon from '@mui/icons-material/CloudDone';
import CloudOffIcon from '@mui/icons-material/CloudOff';
import BlockIcon from '@mui/icons-material/Block';
import HourglassIcon from '@mui/icons-material/HourglassEmpty';
import Box from '@mui/material/Box';
import type { Device } from '@tideline/contracts';
import { useTranslations } from 'use-intl';
import { Age } from './age.tsx';
import type { Look } from './health-mark.tsx';

type Connected = Pick<Device, 'connection' | 'lifecycle' | 'lastSeen'>;

/** Whether the device talks to the console now, and since when not. A suspended device says so first. */
export function ConnectionMark({ device }: { readonly device: Connected }) {
  const t = useTranslations('device');
  const { tone, icon: Icon } = lookOf(device);
  const active = device.lifecycle === 'active';
  return (
    <Box sx={{ display: 'inline-flex', alignItems: 'center', gap: 0.75, lineHeight: 1.3 }}>
      <Icon aria-hidden sx={{ fontSize: 18, color: tone === 'neutral' ? 'text.secondary' : `${tone}.main` }} />
      <span>
        {active ? t(`connections.${device.connection}`) : t(`lifecycles.${device.lifecycle}`)}
        {device.connection !== 'online' && device.lastSeen !== null && (
          <Box component="span" sx={{ display: 'block', fontSize: '0.75rem', color: 'text.secondary' }}>
            <Age at={device.lastSeen} never="" />
          </Box>
        )}
      </span>
    </Box>
  );
}

function lookOf(device: Connected): Look {
  if (device.lifecycle !== 'active') return { tone: 'warning', icon: BlockIcon };
  if (device.connection === 'online') return { tone: 'success', icon: CloudDoneIcon };
  return { tone: 'neutral', icon: device.connection === 'never_seen' ? HourglassIcon : CloudOffIcon };
}
