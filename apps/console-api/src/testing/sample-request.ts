import { randomUUID } from 'node:crypto';
import { encodeFrame, FRAME_CONTENT_TYPE, type RouteDef } from '@tideline/contracts';
import { z } from 'zod';

/** What fills the ids of a request, by the name of the parameter or field; others are made up. */
export type SampleIds = Readonly<Record<string, string>>;
export type SampleRequest = {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array<ArrayBuffer> | undefined;
};

type JsonSchema = {
  readonly $ref?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly allOf?: readonly JsonSchema[];
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly pattern?: string;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly minItems?: number;
  readonly minLength?: number;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
};
type Context = {
  readonly ids: SampleIds;
  readonly root: JsonSchema;
  readonly name: string;
  /** Which of several forms, and whether optional fields and items are there: everything an id can stand in is reached. */
  readonly form: number | null;
};

/** A well-formed request of any route, made from its schemas alone, so that a new route is tried without being told of. */
export function sampleRequest(route: RouteDef, ids: SampleIds, more: object = {}): SampleRequest {
  const path = route.path.replace(/:(\w+)/g, (_, name: string) => ids[name] ?? randomUUID());
  const query = route.query ? toQuery(sampleOf(route.query, ids)) : '';
  const body = route.body ? { ...(sampleOf(route.body, ids) as object), ...more } : undefined;
  return { method: route.method, path: `${path}${query}`, ...encodeBody(route, body) };
}

function encodeBody(route: RouteDef, body: unknown): Pick<SampleRequest, 'headers' | 'body'> {
  if (route.requestFrame) {
    const frame = [...encodeFrame(body, [])].map((part) => Buffer.from(part));
    return { headers: { 'content-type': FRAME_CONTENT_TYPE }, body: Buffer.concat(frame) };
  }
  if (route.requestBytes) return { headers: { 'content-type': 'application/octet-stream' }, body: Buffer.from('x') };
  if (body === undefined) return { headers: {}, body: undefined };
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

function toQuery(values: unknown): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values as object)) query.set(name, String(value));
  return query.size === 0 ? '' : `?${query.toString()}`;
}

/** `form` null: the least that is well formed. A number: everything, in that of several forms. */
export function sampleOf(schema: z.ZodType, ids: SampleIds, form: number | null = null): unknown {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  return sample(json, { ids, root: json, name: '', form });
}

function sample(schema: JsonSchema, context: Context): unknown {
  if (schema.$ref) return sample(dereference(schema.$ref, context.root), context);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return sample(choose(choices, context), context);
  if (schema.allOf) return Object.assign({}, ...schema.allOf.map((part) => sample(part, context)));
  return sampleByType(schema, context);
}

function choose(choices: readonly JsonSchema[], { form }: Context): JsonSchema {
  const told = choices.filter((choice) => choice.type !== 'null');
  return told[(form ?? 0) % Math.max(1, told.length)] ?? {};
}

const BY_TYPE: Readonly<Record<string, (schema: JsonSchema, context: Context) => unknown>> = {
  object: sampleObject,
  array: (schema, context) => {
    const length = Math.max(schema.minItems ?? 0, context.form === null ? 0 : 1);
    return Array.from({ length }, () => sample(schema.items ?? {}, context));
  },
  integer: sampleNumber,
  number: sampleNumber,
  boolean: () => true,
  string: sampleString,
};

function sampleByType(schema: JsonSchema, context: Context): unknown {
  const [type = ''] = [schema.type].flat();
  return BY_TYPE[type]?.(schema, context) ?? 'x';
}

function sampleNumber(schema: JsonSchema): number {
  return schema.minimum ?? (schema.exclusiveMinimum ?? 0) + 1;
}

/** Only what is required, unless everything is wanted. */
function sampleObject(schema: JsonSchema, context: Context): Record<string, unknown> {
  const properties = Object.entries(schema.properties ?? {});
  const wanted = properties.filter(([name]) => context.form !== null || schema.required?.includes(name));
  return Object.fromEntries(wanted.map(([name, part]) => [name, sample(part, { ...context, name })]));
}

const HASH = 'a'.repeat(64);

function sampleString(schema: JsonSchema, { ids, name }: Context): string {
  const { pattern = '', format, minLength = 1 } = schema;
  if (format === 'uuid') return ids[name] ?? randomUUID();
  if (format === 'date-time') return new Date(0).toISOString();
  if (pattern.includes('{64}')) return HASH;
  if (pattern.includes('{43}')) return 'A'.repeat(43);
  if (pattern.includes('@')) return `${randomUUID()}@example.org`;
  if (name === 'path') return 'personal:/';
  return `x${randomUUID()}`.padEnd(minLength, 'x');
}

function dereference(reference: string, root: JsonSchema): JsonSchema {
  const name = reference.replace('#/$defs/', '');
  const found = reference === '#' ? root : root.$defs?.[name];
  if (!found) throw new Error(`${reference} is not in the schema`);
  return found;
}
