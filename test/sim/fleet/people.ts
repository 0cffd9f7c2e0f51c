import type { BatchOp, DriveNode } from '@tideline/contracts';
import { pick } from './chance.ts';
import { sha256Hex, type VirtualCloud } from './cloud.ts';
import type { Device } from './device.ts';
import { inodesBelow, type Ledger } from './ledger.ts';
import { FsError, type Inode } from './vfs/inode.ts';

export type Act = { readonly verb: string; readonly x: number; readonly y: number; readonly z: number };

export const DEVICE_VERBS: readonly (readonly [string, number])[] = [
  ...([
    ['write', 14],
    ['overwrite', 10],
    ['append', 6],
    ['truncate', 2],
    ['mkdir', 6],
    ['rename', 6],
    ['move', 9],
  ] as const),
  ...([
    ['swap', 3],
    ['rotate', 2],
    ['turnOver', 2],
    ['wrap', 2],
    ['delete', 7],
    ['deleteFolder', 3],
    ['copy', 4],
  ] as const),
  ...([
    ['touch', 3],
    ['exec', 2],
    ['saveByRename', 6],
    ['same', 4],
    ['caseRename', 3],
    ['nfd', 2],
    ['retype', 2],
  ] as const),
  ...([
    ['over', 3],
    ['empty', 1],
    ['hardLink', 1],
    ['hold', 3],
    ['lock', 2],
    ['big', 1],
    ['void', 2],
    ['rubbish', 1],
  ] as const),
  ...([['many', 1]] as const),
];

export const CLOUD_VERBS: readonly (readonly [string, number])[] = [
  ...([
    ['write', 10],
    ['overwrite', 10],
    ['mkdir', 6],
    ['move', 10],
    ['rename', 6],
    ['delete', 8],
    ['restore', 4],
  ] as const),
  ...([
    ['same', 4],
    ['odd', 4],
    ['swap', 2],
    ['touch', 2],
    ['many', 1],
  ] as const),
];

const RUBBISH = '.DS_Store';
const NAMES = ['a', 'b', 'c', 'd.txt', 'e.txt', 'ä', 'B', 'f'];
const ODD_NAMES = ['A', 'a:b', 'con.txt', 'B.', 'Ä', 'D.txt', 'nul', 'x'.repeat(130)];
const STAGING = '.tideline~sync';
const MANY = 25;

type Item = { readonly folder: Inode; readonly name: string; readonly inode: Inode };

const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text));

/** Nothing to do it to. */
class Idle extends FsError {
  constructor() {
    super('IDLE', 'nothing to do it to');
  }
}

/** A person at a computer. What the system refuses, they did not do. */
export class Person {
  readonly #device: Device;
  readonly #ledger: Ledger;
  readonly #handles: Inode[] = [];
  #movedOut = 0;

  constructor(device: Device, ledger: Ledger) {
    this.#device = device;
    this.#ledger = ledger;
  }

  do(act: Act): boolean {
    this.#device.acts += 1;
    try {
      this.#deed(act);
      return true;
    } catch (error) {
      if (error instanceof FsError) return false;
      throw error;
    } finally {
      this.#ledger.during([], () => undefined);
    }
  }

  /** Programs that still hold files open write once more, and close them. */
  writeLate(index: number): void {
    const inode = this.#handles[index];
    if (!inode) return;
    this.#handles.splice(index, 1);
    this.#device.acts += 1;
    try {
      if (inode.links > 0) this.#write(inode, Buffer.concat([inode.data, bytesOf(this.#ledger.newToken())]));
    } catch (error) {
      if (!(error instanceof FsError)) throw error; // a full disk refuses a program as it refuses a person
    } finally {
      this.#device.machine.closeHandle(inode);
    }
  }

  /** Out of the folder that is synced: the answer to IN_THE_WAY. */
  moveOut(path: string): boolean {
    const { home, machine } = this.#device;
    const parts = path.split('/');
    const name = parts.pop() ?? '';
    const folder = parts.reduce<Inode | undefined>((at, part) => at && machine.find(at, part), this.#root());
    if (!folder || !machine.find(folder, name)) return false;
    this.#device.acts += 1;
    this.#movedOut += 1;
    machine.rename(folder, name, { folder: home, name: `moved out ${this.#movedOut}` });
    return true;
  }

  closeAll(): void {
    while (this.#handles.length > 0) this.writeLate(0);
    for (const inode of this.#root() ? inodesBelow(this.#root() as Inode) : []) this.#machine.refuse(inode, null);
  }

  #deed(act: Act): void {
    const deeds: Record<string, (act: Act) => void> = {
      write: ({ y, z }) => this.#create(this.#folder(y), this.#name(z), this.#ledger.newToken()),
      void: ({ y, z }) => this.#create(this.#folder(y), this.#name(z), ''),
      rubbish: ({ y }) => this.#create(this.#folder(y), RUBBISH, 'x'),
      same: ({ y, z }) => this.#create(this.#folder(y), this.#name(z), 'same;'),
      big: ({ y, z }) =>
        this.#create(this.#folder(y), this.#name(z), this.#ledger.newToken() + 'x'.repeat(280_000 + z)),
      overwrite: ({ x }) => this.#write(this.#file(x).inode, bytesOf(this.#ledger.newToken())),
      append: ({ x }) => {
        const { inode } = this.#file(x);
        this.#write(inode, Buffer.concat([inode.data, bytesOf(this.#ledger.newToken())]));
      },
      truncate: ({ x, y }) => {
        const { inode } = this.#file(x);
        this.#write(inode, inode.data.slice(0, y % (inode.data.length + 1)));
      },
      mkdir: ({ y, z }) => void this.#machine.create(this.#folder(y), this.#name(z), { kind: 'folder' }),
      rename: ({ x, z }) => this.#move(this.#item(x), { folder: this.#item(x).folder, name: this.#name(z) }),
      move: ({ x, y, z }) => {
        const item = this.#item(x);
        this.#move(item, { folder: this.#folder(y), name: z % 3 === 0 ? this.#name(z) : item.name });
      },
      swap: ({ x, y }) => this.#rotate([this.#item(x), this.#item(y)]),
      rotate: ({ x, y, z }) => this.#rotate([this.#item(x), this.#item(y), this.#item(z)]),
      turnOver: ({ x }) => this.#turnOver(x),
      wrap: ({ x }) => {
        const item = this.#item(x);
        const aside = this.#aside(item);
        const folder = this.#machine.create(item.folder, item.name, { kind: 'folder' });
        this.#machine.rename(item.folder, aside, { folder, name: item.name });
      },
      delete: ({ x }) => this.#remove(this.#file(x)),
      deleteFolder: ({ x }) => this.#remove(this.#itemOf('folder', x)),
      empty: ({ y }) => {
        for (const item of this.#items().filter((each) => each.folder === this.#folder(y))) this.#remove(item);
      },
      copy: ({ x, y, z }) => this.#copy(this.#item(x), { folder: this.#folder(y), name: this.#name(z) }),
      touch: ({ x, y }) => this.#machine.setTimes(this.#file(x).inode, BigInt(1_700_000_000 + y) * 1_000_000_000n),
      exec: ({ x }) => {
        const { inode } = this.#file(x);
        this.#machine.setMode(inode, inode.mode ^ 0o100);
      },
      saveByRename: ({ x, y }) => this.#saveByRename(this.#file(x), y),
      caseRename: ({ x }) => {
        const item = this.#item(x);
        const upper = item.name.toUpperCase();
        const name = upper === item.name ? item.name.toLowerCase() : upper;
        this.#move(item, { folder: item.folder, name });
      },
      nfd: ({ x, z }) => {
        const item = this.#item(x);
        const name = z % 2 === 0 ? 'ä'.normalize('NFD') : 'ä';
        this.#move(item, { folder: item.folder, name });
      },
      retype: ({ x }) => {
        const item = this.#item(x);
        this.#remove(item);
        if (item.inode.kind === 'file') this.#machine.create(item.folder, item.name, { kind: 'folder' });
        else this.#create(item.folder, item.name, this.#ledger.newToken());
      },
      over: ({ x, y }) => {
        const [item, other] = [this.#file(x), this.#file(y)];
        if (item.inode === other.inode) throw new Idle();
        const act = () => this.#machine.rename(item.folder, item.name, other);
        this.#ledger.during([other.inode.data], act);
      },
      hardLink: ({ x, y, z }) => this.#machine.link(this.#file(x).inode, this.#folder(y), this.#name(z)),
      hold: ({ x }) => {
        const { inode } = this.#file(x);
        inode.open += 1;
        this.#handles.push(inode);
      },
      lock: ({ x, z }) => {
        const { inode } = this.#item(x);
        this.#machine.refuse(inode, inode.refusal ? null : z % 2 === 0 ? 'EACCES' : 'EIO');
      },
      many: ({ y, z }) => {
        const folder = this.#machine.create(this.#folder(y), `many${z % 10}`, { kind: 'folder' });
        for (let count = 0; count < MANY; count++) this.#create(folder, `n${count}`, this.#ledger.newToken());
      },
    };
    (deeds[act.verb] ?? raise(act.verb))(act);
  }

  get #machine() {
    return this.#device.machine;
  }

  #root(): Inode | undefined {
    return this.#machine.unplugged ? undefined : this.#device.root;
  }

  #items(): Item[] {
    const root = this.#root();
    if (!root) throw new Idle();
    const items: Item[] = [];
    const walk = (folder: Inode): void => {
      if (folder.refusal) return;
      for (const { name, inode } of folder.entries.values()) {
        if (name === STAGING) continue;
        items.push({ folder, name, inode });
        if (inode.kind === 'folder') walk(inode);
      }
    };
    walk(root);
    return items;
  }

  #item(number: number): Item {
    return pick(this.#items(), number) ?? raise('no item');
  }

  #itemOf(kind: 'file' | 'folder', number: number): Item {
    return (
      pick(
        this.#items().filter((item) => item.inode.kind === kind),
        number,
      ) ?? raise('no item')
    );
  }

  #file(number: number): Item {
    const item = this.#itemOf('file', number);
    // What file managers leave is nobody's work: it goes with the folder that is deleted in the cloud (C22).
    if (item.inode.refusal || item.name === RUBBISH) throw new Idle();
    return item;
  }

  #folder(number: number): Inode {
    const folders = this.#items().filter((item) => item.inode.kind === 'folder' && !item.inode.refusal);
    return pick([this.#root() ?? raise('no root'), ...folders.map((item) => item.inode)], number) ?? raise('no folder');
  }

  #name(number: number): string {
    return NAMES[number % NAMES.length] ?? 'a';
  }

  #create(folder: Inode, name: string, text: string): void {
    const inode = this.#machine.create(folder, name, { kind: 'file' });
    this.#machine.write(inode, bytesOf(text));
  }

  #write(inode: Inode, data: Uint8Array): void {
    this.#ledger.during([inode.data], () => this.#machine.write(inode, new Uint8Array(data)));
  }

  #move({ folder, name, inode }: Item, to: { folder: Inode; name: string }): void {
    const there = this.#machine.find(to.folder, to.name);
    if (there && there !== inode) throw new Idle();
    this.#machine.rename(folder, name, to);
  }

  /** What an earlier turn left there, because the disk refused the rest of it, is not to be overwritten: whole seed 1899. */
  #aside(item: Item): string {
    if (this.#machine.find(item.folder, 'turning')) throw new Idle();
    this.#machine.rename(item.folder, item.name, { folder: item.folder, name: 'turning' });
    return 'turning';
  }

  /** Each takes the place of the next. */
  #rotate(items: readonly Item[]): void {
    if (new Set(items.map((item) => item.inode)).size < items.length) throw new Idle();
    const nested = items.some((item) =>
      items.some((other) => other !== item && this.#machine.isAtOrBelow(other.folder, item.inode)),
    );
    const root = this.#root();
    if (nested || !root) throw new Idle();
    const turning = items.map((item) => {
      const name = this.#freeName(root);
      this.#machine.rename(item.folder, item.name, { folder: root, name });
      return name;
    });
    turning.forEach((name, index) => {
      const next = items[(index + 1) % items.length];
      if (next) this.#machine.rename(root, name, next);
    });
  }

  /** What somebody was in the middle of turning when the power went still has such a name (whole seed 2110). */
  #freeName(folder: Inode): string {
    let number = 0;
    while (this.#machine.find(folder, `turning${number}`)) number += 1;
    return `turning${number}`;
  }

  /** A folder moves into its own child, which takes its place. */
  #turnOver(number: number): void {
    const child = pick(
      this.#items().filter((item) => item.inode.kind === 'folder' && item.folder !== this.#root()),
      number,
    );
    const above = child && this.#items().find((item) => item.inode === child.folder);
    if (!child || !above || this.#machine.find(above.folder, 'turning')) throw new Idle();
    this.#machine.rename(child.folder, child.name, { folder: above.folder, name: 'turning' });
    this.#machine.rename(above.folder, above.name, { folder: child.inode, name: above.name });
    this.#machine.rename(above.folder, 'turning', { folder: above.folder, name: above.name });
  }

  #remove(item: Item): void {
    if (item.inode.kind === 'folder') {
      for (const { name, inode } of [...item.inode.entries.values()]) this.#remove({ folder: item.inode, name, inode });
      return this.#machine.removeFolder(item.folder, item.name);
    }
    this.#ledger.during([item.inode.data], () => this.#machine.unlink(item.folder, item.name));
  }

  #copy(item: Item, to: { folder: Inode; name: string }): void {
    if (item.inode.kind === 'file') {
      const copy = this.#machine.create(to.folder, to.name, { kind: 'file' });
      return this.#machine.write(copy, item.inode.data);
    }
    if (this.#machine.isAtOrBelow(to.folder, item.inode)) throw new Idle();
    const copy = this.#machine.create(to.folder, to.name, { kind: 'folder' });
    for (const { name, inode } of [...item.inode.entries.values()]) {
      this.#copy({ folder: item.inode, name, inode }, { folder: copy, name });
    }
  }

  /**
   * As Office does: the new text beside it, the old one away, the new one into its place, the old one gone. What a power failure
   * brought back of an earlier turn goes with it (whole seed 8369).
   */
  #saveByRename(item: Item, way: number): void {
    const text = this.#ledger.newToken();
    this.#create(item.folder, '~new.tmp', text);
    if (way % 2 === 0) {
      const before = this.#machine.find(item.folder, '~old.tmp');
      const aside = () => this.#machine.rename(item.folder, item.name, { folder: item.folder, name: '~old.tmp' });
      this.#ledger.during(before ? [before.data] : [], aside);
      this.#machine.rename(item.folder, '~new.tmp', { folder: item.folder, name: item.name });
      this.#remove({ ...item, name: '~old.tmp' });
      return;
    }
    this.#ledger.during([item.inode.data], () => this.#machine.rename(item.folder, '~new.tmp', item));
  }
}

function raise(_what: string): never {
  throw new Idle();
}

/** A person in the console. */
export class ConsolePerson {
  readonly #cloud: VirtualCloud;
  readonly #ledger: Ledger;
  #ids = 0;

  constructor(cloud: VirtualCloud, ledger: Ledger) {
    this.#cloud = cloud;
    this.#ledger = ledger;
  }

  do(act: Act): boolean {
    try {
      this.#deed(act);
      return true;
    } catch (error) {
      if (error instanceof Idle) return false;
      throw error;
    } finally {
      this.#ledger.during([], () => undefined);
    }
  }

  #deed(act: Act): void {
    const deeds: Record<string, (act: Act) => void> = {
      write: ({ y, z }) => this.#create(this.#folder(y), NAMES[z % NAMES.length] ?? 'a', this.#ledger.newToken()),
      same: ({ y, z }) => this.#create(this.#folder(y), NAMES[z % NAMES.length] ?? 'a', 'same;'),
      odd: ({ y, z }) => this.#create(this.#folder(y), ODD_NAMES[z % ODD_NAMES.length] ?? 'A', this.#ledger.newToken()),
      mkdir: ({ y, z }) =>
        this.#commit([
          { kind: 'createFolder', nodeId: this.#id(), parentId: this.#folder(y), name: NAMES[z % NAMES.length] },
        ]),
      overwrite: ({ x }) =>
        this.#commit([{ kind: 'putVersion', nodeId: this.#file(x).id, ...this.#content(this.#ledger.newToken()) }]),
      touch: ({ x, y }) =>
        this.#commit([
          { kind: 'setMeta', nodeId: this.#file(x).id, mtimeMs: 1_600_000_000_000 + y, exec: y % 2 === 0 },
        ]),
      move: ({ x, y }) => {
        const { id, name } = this.#node(x);
        this.#commit([{ kind: 'move', nodeId: id, parentId: this.#folder(y), name }]);
      },
      rename: ({ x, z }) => {
        const { id, parentId } = this.#node(x);
        const name = z % 4 === 0 ? ODD_NAMES[z % ODD_NAMES.length] : NAMES[z % NAMES.length];
        this.#commit([{ kind: 'move', nodeId: id, parentId, name }]);
      },
      swap: ({ x, y }) => {
        const [one, other] = [this.#node(x), this.#node(y)];
        if (one.id === other.id) throw new Idle();
        this.#commit(
          [
            { kind: 'move', nodeId: one.id, parentId: other.parentId, name: other.name },
            { kind: 'move', nodeId: other.id, parentId: one.parentId, name: one.name },
          ],
          true,
        );
      },
      delete: ({ x }) => this.#commit([{ kind: 'trash', nodeId: this.#node(x).id }]),
      restore: ({ x }) => {
        const trashed = [...this.#cloud.nodes.values()].filter(({ node }) => node.trashedAt !== null);
        const found = pick(trashed, x);
        if (found) this.#commit([{ kind: 'restore', nodeId: found.node.id }]);
      },
      many: ({ y, z }) => {
        const folder = this.#id();
        this.#commit([{ kind: 'createFolder', nodeId: folder, parentId: this.#folder(y), name: `lots${z % 10}` }]);
        for (let count = 0; count < MANY; count++) this.#create(folder, `n${count}`, this.#ledger.newToken());
      },
    };
    (deeds[act.verb] ?? raise(act.verb))(act);
  }

  #nodes(): DriveNode[] {
    return this.#cloud.below(this.#cloud.rootId);
  }

  #node(number: number): DriveNode {
    return pick(this.#nodes(), number) ?? raise('no node');
  }

  #file(number: number): DriveNode {
    return (
      pick(
        this.#nodes().filter((node) => node.kind === 'file'),
        number,
      ) ?? raise('no file')
    );
  }

  #folder(number: number): string {
    const folders = this.#nodes().filter((node) => node.kind === 'folder');
    return pick([this.#cloud.rootId, ...folders.map((node) => node.id)], number) ?? this.#cloud.rootId;
  }

  #create(parentId: string, name: string, text: string): void {
    this.#commit([{ kind: 'createFile', nodeId: this.#id(), parentId, name, ...this.#content(text) }]);
  }

  #content(text: string): object {
    const bytes = bytesOf(text);
    const chunk = { hash: sha256Hex(bytes), size: bytes.length } as never;
    this.#cloud.putPack([{ chunk, bytes }]);
    return { content: { size: bytes.length, chunks: [chunk] }, mtimeMs: 1_650_000_000_000, exec: false };
  }

  #commit(ops: readonly object[], atomic = false): void {
    const withIds = ops.map((op) => ({ ...op, opId: this.#id() }) as BatchOp);
    this.#cloud.commit('person', { atomic, ops: withIds, inline: [] });
  }

  #id(): string {
    this.#ids += 1;
    return `00000000-0000-7000-8fff-${this.#ids.toString(16).padStart(12, '0')}`;
  }
}
