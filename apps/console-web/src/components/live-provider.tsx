'use client';

import { useQueryClient, type QueryKey } from '@tanstack/react-query';
import { createContext, useContext, useEffect, useRef, useState, type ReactNode } from 'react';
import { createCoalescer } from '#lib/coalescer.ts';
import { openLiveSocket, type LiveState } from '#lib/live-socket.ts';
import { keysMadeStaleBy } from '#lib/query-keys.ts';
import { useSession } from '#lib/session.ts';

const DELAY_MS = 150;
const SPACING_MS = 1_000;
/** `none`: an operator belongs to no enterprise, so there is nothing to be told. */
type Liveness = LiveState | 'none';
const LiveContext = createContext<Liveness>('none');

/** Holds the page's one socket: what changed on the server is fetched again where the page shows it. */
export function LiveProvider({ children }: { readonly children: ReactNode }) {
  const queries = useQueryClient();
  const hasEnterprise = useSession().enterprise !== null;
  const [state, setState] = useState<LiveState>('connecting');
  const wasLost = useRef(false);
  useEffect(() => {
    if (!hasEnterprise) return;
    const stale = createCoalescer<QueryKey>({
      keyOf: (key) => key.join('\n'),
      flush: (keys) => keys.forEach((queryKey) => void queries.invalidateQueries({ queryKey })),
      delayMs: DELAY_MS,
      spacingMs: SPACING_MS,
      nowMs: () => performance.now(),
      timer: { set: (run, delayMs) => window.setTimeout(run, delayMs), clear: (id) => window.clearTimeout(id) },
    });
    const close = openLiveSocket({
      onMessage: (message) => stale.add(keysMadeStaleBy(message)),
      onState: (next) => {
        setState(next);
        // Whatever was said while the socket was away is not known: everything on the page is asked again.
        if (next === 'live' && wasLost.current) void queries.invalidateQueries();
        wasLost.current = next === 'reconnecting';
      },
    });
    return () => {
      close();
      stale.stop();
    };
  }, [queries, hasEnterprise]);
  return <LiveContext value={hasEnterprise ? state : 'none'}>{children}</LiveContext>;
}

export function useLiveState(): Liveness {
  return useContext(LiveContext);
}
