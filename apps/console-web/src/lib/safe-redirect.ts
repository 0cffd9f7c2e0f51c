/** Where to go after log-on: a page of this console, or the overview. Never another origin and never the log-on page. */
export function safeRedirect(next: string | null): string {
  if (next === null || !next.startsWith('/') || /[\\\p{Cc}]/u.test(next)) return '/';
  const origin = 'https://console.invalid';
  if (!URL.canParse(next, origin)) return '/';
  const url = new URL(next, origin);
  if (url.origin !== origin || url.pathname.startsWith('//') || /^\/login(\/|$)/.test(url.pathname)) return '/';
  return url.pathname + url.search;
}
