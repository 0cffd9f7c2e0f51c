import { createHash } from 'node:crypto';
import { digestOf, type ChangesAnswer, type DriveNode, type NodeId, type SpaceId } from '@tideline/contracts';
import type { MemberPrincipal } from '../../platform/principal.ts';
import type { ChangesService } from '../changes.service.ts';
import type { ListingService } from '../listing.service.ts';

type Reader = { readonly changes: ChangesService; readonly listings: ListingService };
type Of = { readonly principal: MemberPrincipal; readonly spaceId: SpaceId; readonly rootId: NodeId };

/** What an agent must be able to know from the feed alone: the tree below a root, folded page by page. */
export class Mirror {
  readonly nodes = new Map<string, DriveNode>();
  cursor = '';
  readonly #reader: Reader;
  readonly #of: Of;

  constructor(reader: Reader, of: Of) {
    this.#reader = reader;
    this.#of = of;
  }

  async start(): Promise<this> {
    const { nodes, cursor } = await this.#list(this.#of.rootId);
    for (const node of nodes) this.nodes.set(node.id, node);
    this.cursor = cursor;
    return this;
  }

  /** Folds one page; throws when a node comes before its parent. */
  async pull(limit: number): Promise<ChangesAnswer> {
    const answer = await this.#reader.changes.listChanges({ ...this.#of, cursor: this.cursor, limit });
    const entered: DriveNode[] = [];
    for (const item of answer.items) {
      if (item.type === 'gone') {
        this.#removeTree(item.id);
        continue;
      }
      const { node } = item;
      const isRoot = node.id === this.#of.rootId;
      if (!isRoot && !this.nodes.has(String(node.parentId))) throw new Error(`${node.name} came before its parent`);
      this.nodes.set(node.id, node);
      if (item.entered) entered.push(node);
    }
    for (const folder of entered) await this.#enter(folder);
    this.cursor = answer.cursor;
    return answer;
  }

  async catchUp(limit: number): Promise<void> {
    while ((await this.pull(limit)).more);
  }

  digest(): string {
    const below = [...this.nodes.values()].filter((node) => node.id !== this.#of.rootId);
    return digestOf(below, (text) => createHash('sha256').update(text).digest('hex'));
  }

  names(): string[] {
    return [...this.nodes.values()]
      .filter((node) => node.id !== this.#of.rootId)
      .map((node) => node.name)
      .sort();
  }

  async #enter(folder: DriveNode): Promise<void> {
    if (!this.nodes.has(folder.id)) return; // a later item of the page took it away again
    const listed = await this.#list(folder.id).catch(() => undefined);
    if (!listed) return; // gone since; the feed will tell
    this.#removeTree(folder.id);
    for (const node of listed.nodes) this.nodes.set(node.id, node);
  }

  #removeTree(id: string): void {
    this.nodes.delete(id);
    for (const node of [...this.nodes.values()]) if (node.parentId === id) this.#removeTree(node.id);
  }

  async #list(rootId: NodeId): Promise<{ nodes: DriveNode[]; cursor: string }> {
    const nodes: DriveNode[] = [];
    for (let page: string | undefined; ;) {
      const answer = await this.#reader.listings.list({ ...this.#of, rootId, page, limit: 7 });
      nodes.push(...answer.nodes);
      if (answer.nextPage === null) return { nodes, cursor: answer.cursor };
      page = answer.nextPage;
    }
  }
}
