import type { Device } from '@tideline/contracts';
import { formatBytes } from './format.ts';

const NOT_TOLD = {
  tasks: 0,
  failed: 0,
  days: 0,
  holds: 0,
  used: 0,
  max: 0,
  limit: 'other',
  reason: 'other',
  version: '',
  minVersion: '',
  target: '',
  lastKnown: 'other',
};

/** Every value that the sentence of a health reason may name; sentences leave out what the server did not tell. */
export function reasonValues(params: Device['health']['params'], locale: string): Record<string, string | number> {
  const freeBytes = Number(params['freeBytes'] ?? 0);
  return { ...NOT_TOLD, ...params, free: formatBytes(freeBytes, locale) };
}
