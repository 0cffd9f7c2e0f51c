import fastifyHelmet from '@fastify/helmet';
import type { FastifyInstance } from 'fastify';
import { STRICT_POLICY } from './content-security-policy.ts';

/** Helmet's headers for every answer; the policy is the strict one unless the answer brought its own. */
export async function registerSecurityHeaders(fastify: FastifyInstance): Promise<void> {
  await fastify.register(fastifyHelmet, {
    contentSecurityPolicy: false,
    strictTransportSecurity: false, // for whoever ends TLS in front of this server to say
    referrerPolicy: { policy: 'no-referrer' },
    xFrameOptions: { action: 'deny' },
  });
  fastify.addHook('onSend', (_request, reply, payload, done) => {
    if (!reply.hasHeader('content-security-policy') && !reply.raw.hasHeader('content-security-policy')) {
      void reply.header('content-security-policy', STRICT_POLICY);
    }
    if (!reply.hasHeader('cache-control') && !reply.raw.hasHeader('cache-control')) {
      void reply.header('cache-control', 'no-store');
    }
    done(null, payload);
  });
}
