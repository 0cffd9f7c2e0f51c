'use client';

import type { Session } from '@tideline/contracts';
import { createContext, useContext } from 'react';

/** Filled by the session gate: below it somebody is signed in. */
export const SessionContext = createContext<Session | undefined>(undefined);

export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error('SessionGate is missing');
  return session;
}
