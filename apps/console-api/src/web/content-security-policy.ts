import { createHash } from 'node:crypto';

/** For everything that is not a page of ours: nothing may run, load or be framed. */
export const STRICT_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox";

/** The policy of one exported page: its own files, and the inline scripts it was built with, by hash. */
export function pagePolicy(html: string): string {
  const scripts = ["'self'", ...new Set(inlineScripts(html).map(hashSource))].join(' ');
  return [
    "default-src 'self'",
    `script-src ${scripts}`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self' data:",
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}

function inlineScripts(html: string): string[] {
  const scripts = html.matchAll(/<script\b([^>]*)>([\s\S]*?)<\/script\s*>/gi);
  return [...scripts].filter(([, attributes = '']) => !/\bsrc\s*=/i.test(attributes)).map(([, , body = '']) => body);
}

function hashSource(script: string): string {
  return `'sha256-${createHash('sha256').update(script).digest('base64')}'`;
}
