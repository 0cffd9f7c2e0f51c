import { MAX_PACK_BYTES } from '@tideline/contracts';

/** How much travels in one exchange; never above what the contract allows. */
export type CloudLimits = {
  readonly feedPageItems: number;
  readonly listingPageItems: number;
  /** Chunks or operations asked about at once. */
  readonly askItems: number;
  readonly bundleItems: number;
  readonly packItems: number;
  readonly packBytes: number;
  /** A commit or pack without any answer for this long counts as lost; it is sent again with the same ids. */
  readonly sendTimeoutMs: number;
};

export const DEFAULT_CLOUD_LIMITS: CloudLimits = {
  feedPageItems: 2000,
  listingPageItems: 5000,
  askItems: 10_000,
  bundleItems: 500,
  packItems: 2000,
  packBytes: MAX_PACK_BYTES,
  sendTimeoutMs: 10 * 60_000,
};
