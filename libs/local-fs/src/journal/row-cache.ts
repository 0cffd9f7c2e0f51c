import type { BaseId, BaseNode, CloudId } from '@tideline/sync-core/tree';

/** Rows held at most; a decision asks for the same folders and neighbours again and again, hardly ever for more. */
const MAX_ROWS = 20_000;

export type RowSource = {
  readonly byId: (id: BaseId) => BaseNode | undefined;
  readonly byCloudId: (id: CloudId) => BaseNode | undefined;
};

/** Rows of base that were asked for lately, absent ones included. Right only while every write goes through `written`. */
export class RowCache implements RowSource {
  readonly #source: RowSource;
  readonly #rows = new Map<BaseId, BaseNode | null>();
  readonly #ids = new Map<CloudId, BaseId | null>();

  constructor(source: RowSource) {
    this.#source = source;
  }

  readonly byId = (id: BaseId): BaseNode | undefined => {
    const known = this.#rows.get(id);
    if (known !== undefined) return known ?? undefined;
    const row = this.#source.byId(id);
    this.#keep(this.#rows, id, row ?? null);
    return row;
  };

  readonly byCloudId = (cloudId: CloudId): BaseNode | undefined => {
    const id = this.#ids.get(cloudId);
    if (id === null) return undefined;
    const known = id === undefined ? undefined : this.byId(id);
    if (known?.cloudId === cloudId) return known;
    const row = this.#source.byCloudId(cloudId);
    this.#keep(this.#ids, cloudId, row?.id ?? null);
    if (row) this.#keep(this.#rows, row.id, row);
    return row;
  };

  written({ rows, forget }: { readonly rows: readonly BaseNode[]; readonly forget: readonly BaseId[] }): void {
    for (const id of forget) this.#rows.delete(id);
    for (const row of rows) {
      this.#keep(this.#rows, row.id, row);
      this.#keep(this.#ids, row.cloudId, row.id);
    }
  }

  clear(): void {
    this.#rows.clear();
    this.#ids.clear();
  }

  #keep<K, V>(map: Map<K, V>, key: K, value: V): void {
    if (map.size >= MAX_ROWS) map.clear();
    map.set(key, value);
  }
}
