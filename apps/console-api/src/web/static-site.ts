import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { pagePolicy } from './content-security-policy.ts';

/** The exported console web, beside this app in the repository and in a release. */
export const WEB_FOLDER = fileURLToPath(new URL('../../../console-web/out', import.meta.url));
const ONE_YEAR = 'public, max-age=31536000, immutable';

declare module 'fastify' {
  interface FastifyInstance {
    /** The site's own page for addresses that are none; absent while the site is not built. */
    notFoundPage?: { readonly html: string; readonly policy: string };
  }
}

/** Serves the exported pages on the API's own origin, each with the policy that fits its scripts. */
export async function registerStaticSite(fastify: FastifyInstance, folder: string): Promise<void> {
  if (!existsSync(path.join(folder, 'index.html'))) return;
  const policies = await readPolicies(folder);
  fastify.decorate('notFoundPage', await readNotFoundPage(folder));
  await fastify.register(fastifyStatic, {
    root: folder,
    redirect: true,
    cacheControl: false,
    setHeaders: (reply, file) => {
      const policy = policies.get(file);
      if (policy) void reply.header('content-security-policy', policy);
      void reply.header('cache-control', file.includes(`${path.sep}_next${path.sep}static`) ? ONE_YEAR : 'no-cache');
    },
  });
}

export function sendNotFoundPage(reply: FastifyReply): boolean {
  const page = reply.server.notFoundPage;
  if (!page) return false;
  void reply
    .status(404)
    .header('content-security-policy', page.policy)
    .type('text/html; charset=utf-8')
    .send(page.html);
  return true;
}

async function readPolicies(folder: string): Promise<ReadonlyMap<string, string>> {
  const policies = new Map<string, string>();
  for (const name of await readdir(folder, { recursive: true })) {
    const file = path.join(folder, name);
    if (name.endsWith('.html')) policies.set(file, pagePolicy(await readFile(file, 'utf8')));
  }
  return policies;
}

async function readNotFoundPage(folder: string): Promise<{ html: string; policy: string } | undefined> {
  const html = await readFile(path.join(folder, '404.html'), 'utf8').catch(() => undefined);
  return html === undefined ? undefined : { html, policy: pagePolicy(html) };
}
