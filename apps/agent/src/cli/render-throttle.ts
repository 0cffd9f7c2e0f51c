import type { Throttle, ThrottleHours } from '@tideline/contracts';
import type { RatesView, ThrottleAnswer } from '../local-api/messages.ts';
import { formatBytes } from './format.ts';
import { renderLines } from './render-lines.ts';
import { formatHours } from './throttle-hours.ts';

type Rates = Omit<RatesView, 'hours'> & { readonly hours?: ThrottleHours | null };

export function renderThrottle({ settings, policy, inForce }: ThrottleAnswer): string {
  return renderLines([
    ['Now', renderRates(inForce)],
    ...settingLines(settings),
    ...settingLines(policy).map(([label, text]): [string, string] => [`${label} (enterprise)`, text]),
  ]);
}

/** What was set, one line each; nothing where nothing is limited. */
export function settingLines(throttle: Throttle): [string, string][] {
  const { uploadBytesPerSecond: up, downloadBytesPerSecond: down, throttleHours } = throttle;
  return [
    ...(up === null ? [] : [['Upload limit', renderRate(up)] as [string, string]]),
    ...(down === null ? [] : [['Download limit', renderRate(down)] as [string, string]]),
    ...throttleHours.map((hours): [string, string] => ['Hours', `${formatHours(hours)} ${renderHours(hours)}`]),
  ];
}

/** `up 2.0 MB/s, down no limit (mon-fri 09:00-17:00)`. */
export function renderRates({ uploadBytesPerSecond, downloadBytesPerSecond, hours }: Rates): string {
  const rates = `up ${renderRate(uploadBytesPerSecond)}, down ${renderRate(downloadBytesPerSecond)}`;
  return hours ? `${rates} (${formatHours(hours)})` : rates;
}

export function isLimited({ uploadBytesPerSecond, downloadBytesPerSecond }: Rates): boolean {
  return uploadBytesPerSecond !== null || downloadBytesPerSecond !== null;
}

function renderHours({ uploadBytesPerSecond: up, downloadBytesPerSecond: down }: ThrottleHours): string {
  return [up === undefined ? '' : `up ${renderRate(up)}`, down === undefined ? '' : `down ${renderRate(down)}`]
    .filter((text) => text !== '')
    .join(', ');
}

function renderRate(bytesPerSecond: number | null): string {
  return bytesPerSecond === null ? 'no limit' : `${formatBytes(bytesPerSecond)}/s`;
}
