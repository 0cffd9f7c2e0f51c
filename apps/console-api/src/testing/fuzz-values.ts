/** Pseudo-random numbers from a seed (mulberry32): a run is repeated by its seed. */
export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** In [0, 1). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  hits(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(values: readonly T[]): T {
    return values[this.below(values.length)] as T;
  }
}

export type Schema = {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly format?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly pattern?: string;
};

export type World = {
  readonly chance: Chance;
  readonly resolve: (ref: string) => Schema;
  /** Ids that name something, ours and others'. */
  readonly ids: readonly string[];
  /** How likely a value is replaced by a hostile one. */
  readonly malice: number;
  /** The value to be replaced in an otherwise fitting request: counted down from the first one made; 0: none. */
  strikeAt?: number;
};

const TEXTS = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\ud800',
  'a\udfffb',
  "'; DROP TABLE node; --",
  "' OR '1'='1",
  '$1',
  '%',
  '\\',
  '../../../etc/passwd',
  '%2e%2e%2f',
  '<script>alert(1)</script>',
  '{{7*7}}',
  '\u202Eevil',
  'é'.repeat(5000),
  'x'.repeat(70_000),
  'NaN',
  'null',
  '9'.repeat(400),
  '-0',
  '1e309',
  '0001-01-01T00:00:00Z',
  '9999-12-31T23:59:59.999Z',
  '275760-09-13T00:00:00Z',
  '00000000-0000-0000-0000-000000000000',
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '=cmd|calc',
  'a@b',
  'a\u0000@b.example',
  '\ud800@b.example',
];
const NUMBERS = [-1, 0, 1, 0.5, -0.5, 2 ** 31, 2 ** 32, 2 ** 53, 2 ** 63, -(2 ** 63), 1e308, -1e308, 5e-324];

function nested(depth: number, asArray: boolean): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = asArray ? [value] : { a: value };
  return value;
}

export function hostile(world: World): unknown {
  const { chance } = world;
  switch (chance.below(9)) {
    case 0:
      return null;
    case 1:
      return chance.pick(NUMBERS);
    case 2:
      return chance.hits(0.5);
    case 3:
      return chance.hits(0.5) ? [] : {};
    case 4:
      return nested(chance.pick([3, 100, 3000]), chance.hits(0.5));
    case 5:
      return Array.from({ length: chance.pick([1, 1000]) }, () => chance.pick(TEXTS.slice(0, 12)));
    case 6:
      return chance.pick(world.ids);
    default:
      return chance.pick(TEXTS);
  }
}

function isStruck(world: World): boolean {
  if (world.strikeAt !== undefined && (world.strikeAt -= 1) === 0) return true;
  return world.chance.hits(world.malice);
}

/** A value that fits the schema, except where malice strikes. */
export function fitting(schema: Schema, world: World): unknown {
  const { chance } = world;
  if (isStruck(world)) return chance.hits(0.7) ? chance.pick(TEXTS) : hostile(world);
  if (schema.$ref !== undefined) return fitting(world.resolve(schema.$ref), world);
  if (schema.const !== undefined || schema.enum) return chance.pick(schema.enum ?? [schema.const]);
  const choices = choicesOf(schema);
  if (choices.length > 0) return fitting(chance.pick(choices), world);
  if (schema.allOf) return Object.assign({}, ...schema.allOf.map((part) => fitting(part, world))) as unknown;
  return ofType(schema, world);
}

function choicesOf(schema: Schema): readonly Schema[] {
  return schema.anyOf ?? schema.oneOf ?? [];
}

function ofType(schema: Schema, world: World): unknown {
  const types = [schema.type].flat() as (string | undefined)[];
  const make = MAKERS[world.chance.pick(types) ?? ''];
  return make ? make(schema, world) : hostile(world);
}

const MAKERS: Readonly<Record<string, (schema: Schema, world: World) => unknown>> = {
  object: objectOf,
  array: (schema, world) => Array.from({ length: world.chance.below(4) }, () => fitting(schema.items ?? {}, world)),
  integer: numberOf,
  number: numberOf,
  boolean: (_, world) => world.chance.hits(0.5),
  null: () => null,
  string: textOf,
};

function numberOf({ minimum = 0, maximum = 1000 }: Schema, world: World): number {
  return minimum + world.chance.below(Math.min(1000, maximum - minimum + 1));
}

function objectOf(schema: Schema, world: World): unknown {
  const entries = Object.entries(schema.properties ?? {});
  const isWanted = (name: string) => schema.required?.includes(name) === true || world.chance.hits(0.6);
  const made = entries.filter(([name]) => isWanted(name)).map(([name, part]) => [name, fitting(part, world)] as const);
  const extra = world.chance.hits(world.malice) ? [['constructor', hostile(world)] as const] : [];
  return Object.fromEntries([...made, ...extra]);
}

function textOf(schema: Schema, world: World): string {
  const { chance } = world;
  if (schema.format === 'uuid') return chance.pick(world.ids);
  if (schema.format === 'date-time')
    return chance.pick(['2030-01-01T00:00:00Z', '0001-01-01T00:00:00Z', '9999-12-31T23:59:59Z']);
  if (schema.pattern?.includes('[0-9a-f]{64}'))
    return 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
  if (schema.pattern?.includes('@')) return `fuzz${chance.below(1000)}@acme.example`;
  return 'x'.repeat(Math.max(schema.minLength ?? 1, 1 + chance.below(12)));
}
