import { routes } from '@tideline/contracts';
import type { z } from 'zod';

const Query = routes.fleet.devices.query;
export type DevicesQuery = z.output<typeof Query>;
export const PAGE_SIZES = [25, 50, 100] as const;

/** The list's state as the address tells it; whatever is not well formed falls back to its default. */
export function parseDevicesQuery(params: URLSearchParams): DevicesQuery {
  const shape = Query.shape;
  const query: Record<string, unknown> = {};
  for (const [name, schema] of Object.entries(shape)) {
    const parsed = schema.safeParse(params.get(name) || undefined);
    if (parsed.success && parsed.data !== undefined) query[name] = parsed.data;
  }
  const limit = PAGE_SIZES.find((size) => size === query['limit']);
  return Query.parse({ ...query, limit });
}

export function isFiltered(query: DevicesQuery): boolean {
  return query.search !== undefined || query.health !== undefined;
}
