import type { Connection } from '@tideline/contracts';

/** How often devices are asked to say that they are there. */
export const HEARTBEAT_SECONDS = 60;
/** fleet 1.1: online while seen within max(300 s, 3 × heartbeat + 60 s). */
export const ONLINE_MS = Math.max(300, 3 * HEARTBEAT_SECONDS + 60) * 1000;
export const DAY_MS = 24 * 3_600_000;

export function toConnection(lastSeen: Date | null, now: Date): Connection {
  if (lastSeen === null) return 'never_seen';
  const ageMs = now.getTime() - lastSeen.getTime();
  if (ageMs <= ONLINE_MS) return 'online';
  if (ageMs <= 7 * DAY_MS) return 'offline';
  return ageMs <= 30 * DAY_MS ? 'stale' : 'missing';
}
