export { createApiClient } from './http/api-client.ts';
export type { ApiClient, ApiClientOptions, CallOptions, SendOptions, StreamOptions } from './http/api-client.ts';
export type { FrameAnswer } from './http/frame-reader.ts';
export type { Pace } from './http/frame-body.ts';
