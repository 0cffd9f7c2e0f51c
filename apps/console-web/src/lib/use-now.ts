import { useSyncExternalStore } from 'react';

const TICK_MS = 5_000;

/** The present, moved on every few seconds, so that ages on the page grow. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, readNow);
}

function subscribe(onTick: () => void): () => void {
  const id = window.setInterval(onTick, TICK_MS);
  return () => window.clearInterval(id);
}

/** Rounded, because a snapshot must not differ between two reads of one render. */
function readNow(): number {
  return Math.floor(Date.now() / TICK_MS) * TICK_MS + TICK_MS;
}
