'use client';

import Alert from '@mui/material/Alert';
import Snackbar from '@mui/material/Snackbar';
import { createContext, useCallback, useContext, useState, type ReactNode } from 'react';

const SHOWN_MS = 6_000;
const NoticeContext = createContext<((text: string) => void) | undefined>(undefined);

/** Says that something was done. The region is always there, so that screen readers hear what comes into it (WCAG 4.1.3). */
export function NoticeProvider({ children }: { readonly children: ReactNode }) {
  const [notice, setNotice] = useState({ text: '', open: false });
  const show = useCallback((text: string) => setNotice({ text, open: true }), []);
  const close = () => setNotice((now) => ({ ...now, open: false }));
  return (
    <NoticeContext value={show}>
      {children}
      <div role="status" aria-live="polite">
        <Snackbar
          open={notice.open}
          autoHideDuration={SHOWN_MS}
          onClose={(_, reason) => reason === 'timeout' && close()}
        >
          <Alert severity="success" variant="filled" onClose={close} role="presentation">
            {notice.text}
          </Alert>
        </Snackbar>
      </div>
    </NoticeContext>
  );
}

export function useNotice(): (text: string) => void {
  const show = useContext(NoticeContext);
  if (!show) throw new Error('NoticeProvider is missing');
  return show;
}
