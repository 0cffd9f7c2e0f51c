/**
 * The typed client of the console's API. Runs in Node and in browsers: fetch, Web Streams and timers are all it needs.
 *
 * Page (same origin, cookie session):
 *   const client = createApiClient({ baseUrl: '', headers: () => ({ [CSRF_HEADER]: csrfToken }) });
 *   const session = await client.call(routes.session.current, {});
 *
 * Agent (device session; see apps/agent/src/enrollment):
 *   const retry = createRetry({ sleep, random: Math.random });
 *   const throttled = withThrottle(session.client, { upload, download });      // device buckets; wrap again for a task's own
 *   const cloud = createCloud({ client: throttled, retry, spaceId, rootId, origin, sha256Hex });  // the `Cloud` port of sync-core
 *   const asking = withRetry(session.client, retry);                           // for single calls outside of a cloud
 *
 * What fails is an `AppError`; `RETRYABILITY[error.code]` says what helps. A caller's abort throws the signal's reason.
 */
export { createApiClient } from './http/api-client.ts';
export type { ApiClient, ApiClientOptions, CallOptions, SendOptions, StreamOptions } from './http/api-client.ts';
export { fetchTransport } from './http/fetch-transport.ts';
export { isPieces } from './http/transport.ts';
export type { AnswerBody, RequestBody, Transport, TransportAnswer, TransportRequest } from './http/transport.ts';
export type { FrameAnswer } from './http/frame-reader.ts';
export type { Pace } from './http/frame-body.ts';
export { retryAfterMsOf } from './http/read-error.ts';
export { createRetry, withRetry } from './decorators/retry.ts';
export type { Retry, RetryOptions } from './decorators/retry.ts';
export { createTokenBucket, withThrottle } from './decorators/throttle.ts';
export type { Throttle, TokenBucket, TokenBucketOptions } from './decorators/throttle.ts';
export { createDeviceAuth } from './decorators/device-auth.ts';
export type { AccessToken, DeviceAuth, DeviceAuthOptions } from './decorators/device-auth.ts';
export { sleep } from './decorators/sleep.ts';
export type { Sleep } from './decorators/sleep.ts';
export { RETRYABILITY } from './errors/retryability.ts';
export type { Retryability } from './errors/retryability.ts';
export { createCloud } from './cloud/create-cloud.ts';
export type { CloudOptions } from './cloud/create-cloud.ts';
export { DEFAULT_CLOUD_LIMITS } from './cloud/cloud-limits.ts';
export type { CloudLimits } from './cloud/cloud-limits.ts';
