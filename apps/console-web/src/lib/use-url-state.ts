import { usePathname, useRouter, useSearchParams } from 'next/navigation';
import { useCallback } from 'react';

export type UrlPatch = Readonly<Record<string, string | undefined>>;

/** Sets and removes parameters and keeps the others. Pure, for tests. */
export function patchQuery(query: string, patch: UrlPatch): string {
  const params = new URLSearchParams(query);
  for (const [name, value] of Object.entries(patch)) {
    if (value === undefined || value === '') params.delete(name);
    else params.set(name, value);
  }
  return params.toString();
}

/** The page's state as it stands in its address: shareable, and kept by the browser's back button. */
export function useUrlState() {
  const router = useRouter();
  const pathname = usePathname();
  const params = useSearchParams();
  const query = params.toString();
  const patch = useCallback(
    (change: UrlPatch, how: 'push' | 'replace' = 'push') => {
      const next = patchQuery(query, change);
      router[how](`${pathname}${next === '' ? '' : `?${next}`}`, { scroll: false });
    },
    [router, pathname, query],
  );
  return { params, patch };
}
