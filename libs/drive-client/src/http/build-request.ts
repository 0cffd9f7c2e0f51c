import { API_PREFIX, PROTOCOL_HEADER, PROTOCOL_VERSION, type RouteDef } from '@tideline/contracts';

export type ClientRequest = {
  readonly method: RouteDef['method'];
  /** Path with its query, from the origin on. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Value to send as JSON, or as the header of a frame. */
  readonly body: unknown;
};

export function buildRequest(route: RouteDef, input: unknown): ClientRequest {
  const parts = input as { params?: Record<string, unknown>; query?: Record<string, unknown>; body?: unknown };
  return {
    method: route.method,
    path: `${API_PREFIX}${fillPath(route.path, parts.params ?? {})}${queryText(parts.query ?? {})}`,
    headers: { [PROTOCOL_HEADER]: String(PROTOCOL_VERSION) },
    body: parts.body,
  };
}

function fillPath(path: string, params: Readonly<Record<string, unknown>>): string {
  return path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(textOf(params[name])));
}

function queryText(query: Readonly<Record<string, unknown>>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) search.append(name, textOf(value));
  }
  const text = search.toString();
  return text === '' ? '' : `?${text}`;
}

/** Ids, numbers and flags; anything else in a path or query would be a mistake of the contract. */
function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new TypeError(`a ${typeof value} cannot stand in a path or query`);
}
