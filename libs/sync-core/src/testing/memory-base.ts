import { ROOT_ID, type BaseId, type BaseNode, type BaseView, type CloudId } from '../model/tree.ts';

/** Base in memory, with the same answers as one on disk: of several rows with one name the managed one, then the newest. */
export class MemoryBase implements BaseView {
  readonly #rows = new Map<BaseId, BaseNode>();
  readonly #byCloudId = new Map<CloudId, BaseId>();
  readonly #children = new Map<BaseId, Set<BaseId>>();
  readonly #byLocalName = new Map<string, Set<BaseId>>();
  readonly #byCloudName = new Map<string, Set<BaseId>>();
  #files = 0;

  get(id: BaseId): BaseNode | undefined {
    return this.#rows.get(id);
  }

  byCloudId(id: CloudId): BaseNode | undefined {
    const found = this.#byCloudId.get(id);
    return found === undefined ? undefined : this.#rows.get(found);
  }

  children(parent: BaseId): readonly BaseNode[] {
    return this.#all(this.#children.get(parent));
  }

  childByLocalName(parent: BaseId, localName: string): BaseNode | undefined {
    return this.#best(this.#byLocalName.get(`${parent}/${localName}`));
  }

  childByCloudName(parent: BaseId, cloudName: string): BaseNode | undefined {
    return this.#best(this.#byCloudName.get(`${parent}/${cloudName}`));
  }

  fileCount(): number {
    return this.#files;
  }

  rows(): readonly BaseNode[] {
    return [...this.#rows.values()];
  }

  write({ rows, forget }: { rows: readonly BaseNode[]; forget: readonly BaseId[] }): void {
    for (const id of forget) this.#remove(id);
    for (const row of rows) this.#remove(row.id);
    for (const row of rows) this.#insert(row);
  }

  #insert(row: BaseNode): void {
    const other = this.#byCloudId.get(row.cloudId);
    if (other !== undefined) throw new Error(`cloud id ${row.cloudId} belongs to ${other} and to ${row.id}`);
    this.#rows.set(row.id, row);
    if (isManagedFile(row)) this.#files += 1;
    this.#byCloudId.set(row.cloudId, row.id);
    if (row.id === ROOT_ID) return;
    add(this.#children, row.parent, row.id);
    add(this.#byLocalName, `${row.parent}/${row.localName}`, row.id);
    add(this.#byCloudName, `${row.parent}/${row.cloudName}`, row.id);
  }

  #remove(id: BaseId): void {
    const row = this.#rows.get(id);
    if (!row) return;
    this.#rows.delete(id);
    if (isManagedFile(row)) this.#files -= 1;
    this.#byCloudId.delete(row.cloudId);
    this.#children.get(row.parent)?.delete(id);
    this.#byLocalName.get(`${row.parent}/${row.localName}`)?.delete(id);
    this.#byCloudName.get(`${row.parent}/${row.cloudName}`)?.delete(id);
  }

  #best(ids: ReadonlySet<BaseId> | undefined): BaseNode | undefined {
    let best: BaseNode | undefined;
    for (const id of ids ?? []) {
      const row = this.#rows.get(id);
      if (row && (!best || isBefore(row, best))) best = row;
    }
    return best;
  }

  #all(ids: ReadonlySet<BaseId> | undefined): BaseNode[] {
    const rows: BaseNode[] = [];
    for (const id of ids ?? []) {
      const row = this.#rows.get(id);
      if (row) rows.push(row);
    }
    return rows;
  }
}

function add<K>(index: Map<K, Set<BaseId>>, key: K, id: BaseId): void {
  const ids = index.get(key);
  if (ids) ids.add(id);
  else index.set(key, new Set([id]));
}

function isManagedFile({ kind, state }: BaseNode): boolean {
  return kind === 'file' && state === 'managed';
}

function isBefore(a: BaseNode, b: BaseNode): boolean {
  const byState = Number(a.state === 'detached') - Number(b.state === 'detached');
  return byState < 0 || (byState === 0 && a.id > b.id);
}
