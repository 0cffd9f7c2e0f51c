import { decide } from '../reconcile/decide.ts';
import type { Done } from '../plan/settle.ts';
import { settleAll, type Settled } from '../plan/settle-all.ts';
import type { CloudOp, LocalOp, Op, Plan } from '../model/plan.ts';
import type { SyncPolicy } from '../model/policy.ts';
import { ROOT_ID, type CloudId, type LocalKey, type ThreeTrees } from '../model/tree.ts';
import { NewsSlices } from '../cycle/news-slices.ts';
import { guardPlan } from '../safety/guard-plan.ts';
import { deletesOf } from '../safety/mass-delete.ts';
import { MemoryJournal } from './memory-journal.ts';
import { LINUX_DISK, type DiskKind } from './disk-kind.ts';
import type { SimCloud } from './sim-cloud.ts';
import { DISK_ROOT, SimDisk } from './sim-disk.ts';

export type Decide = typeof decide;
/** Picks one of `count` at every choice the world leaves open. */
export type Chance = (count: number) => number;

export type SimOptions = {
  readonly number: number;
  readonly policy?: Partial<SyncPolicy>;
  readonly decide?: Decide;
  readonly disk?: DiskKind;
  /** New entries are carried out in slices of so many before the whole is decided about; left out: never. */
  readonly newsAtOnce?: number;
};

/** How a cycle ends before its time. */
export type Stop = {
  /** After so many operations. */
  readonly after: number;
  /** What was done and not written down yet is done nevertheless. */
  readonly losesAnswers?: boolean;
};

/** A device with one task, at level P: scans and feeds are perfect, operations either run or did not begin. */
export class SimDevice {
  readonly disk: SimDisk;
  readonly cloud: SimCloud;
  readonly number: number;
  journal = new MemoryJournal();
  /** Every operation that ran, for assertions. */
  readonly ran: Op[] = [];
  policy: Partial<SyncPolicy>;
  readonly #newsAtOnce: number | undefined;
  readonly #decide: Decide;
  #inodes = new Map<LocalKey, number>();
  #revs = new Map<CloudId, number>();
  #ids = 0;
  readonly #unsettled: Settled[] = [];
  #mayBatch: () => boolean = () => false;
  nowMs = 1_000_000;

  constructor(cloud: SimCloud, options: SimOptions) {
    this.cloud = cloud;
    this.number = options.number;
    this.disk = new SimDisk(options.disk ?? LINUX_DISK);
    this.policy = options.policy ?? {};
    this.#decide = options.decide ?? decide;
    this.#newsAtOnce = options.newsAtOnce;
    this.#beginJournal({});
  }

  trees(): ThreeTrees {
    const { journal } = this;
    return {
      base: journal.base,
      local: journal.localOverlay(),
      cloud: journal.cloudOverlay(),
      cloudSeq: journal.meta().seq,
    };
  }

  /** State is lost: what is left are the folder and the drive (FI-4). */
  loseState(): void {
    this.journal = new MemoryJournal();
    this.#beginJournal({ recovery: true });
  }

  /** The task is cancelled, and another one is made of the same two folders. */
  beginAnew(): void {
    this.journal = new MemoryJournal();
    this.#beginJournal({});
  }

  restart(): void {
    this.disk.unhideAll();
  }

  #beginJournal(meta: { recovery?: boolean }): void {
    const root = this.cloud.live(this.cloud.rootId).node;
    const names = { localName: '', cloudName: '', kind: 'folder' } as const;
    const rest = { contentId: null, size: null, meta: root.meta, sig: null, state: 'managed' } as const;
    const row = { id: ROOT_ID, parent: ROOT_ID, ...names, cloudId: root.id, rev: root.rev, ...rest };
    this.journal.advance({ rows: [row], meta });
  }

  observe(): void {
    const { result, inodes } = this.disk.scan(this.journal, this.nowMs);
    this.#inodes = inodes;
    this.journal.foldScan(result);
    const changes = this.cloud.changesSince(this.journal.meta().seq);
    this.journal.advance({ cloud: changes, meta: { seq: this.cloud.seq } });
    // What the overlay has below a folder that is gone goes with it, as in the fold of the real feed.
    const { base } = this.journal;
    const dead = [...this.journal.cloudOverlay().keys()].filter((id) => !this.cloud.isLive(id));
    const gone = { t: 'absent', sinceMs: 0 } as const;
    this.journal.advance({ cloud: dead.map((id) => ({ id, seen: base.byCloudId(id) ? gone : 'equal' })) });
  }

  /** Deletes of these rows wait for a person; null: no guard at all. */
  held: readonly number[] | null = null;

  #guard(plan: Plan): Plan {
    if (this.held === null) return plan;
    const held = { ids: this.held, files: 1, sinceMs: 0, answer: null } as const;
    const holds = (['mass_delete_cloud', 'mass_delete_local'] as const).map((kind) => ({
      ...held,
      kind,
      holdId: kind,
    }));
    const facts = {
      ...{ base: this.journal.base, mode: 'bidirectional' as const, nowMs: this.nowMs, observedFromMs: Infinity },
      ...{ deeds: [], holds, looksEncrypted: false },
    };
    return guardPlan(plan, facts).plan;
  }

  /** `shuffle`: the decision gets its observations in another order. */
  plan(shuffle?: Chance, trees = this.trees()): Plan {
    const { firstSyncDone, recovery } = this.journal.meta();
    const policy: SyncPolicy = {
      mode: 'bidirectional',
      propagateDeletes: false,
      conflict: 'copy',
      firstSync: !firstSyncDone,
      recovery,
      deviceName: `PC${this.number}`,
      nowLabel: '2026-01-02 0304',
      nowMs: this.nowMs,
      names: this.disk.kind.names,
      ...this.policy,
    };
    const { base, cloudSeq = null } = trees;
    const seen = shuffle
      ? { base, cloudSeq, local: shuffled(trees.local, shuffle), cloud: shuffled(trees.cloud, shuffle) }
      : trees;
    return this.#decide(seen, policy, {
      opId: () => `op-${this.number}-${++this.#ids}`,
      nodeId: () => `node-${this.number}-${String(++this.#ids).padStart(6, '0')}`,
      baseId: () => this.journal.allocateIds(1),
    });
  }

  /** One cycle; answers how many operations ran. A limit stops it after so many, as a crash does. */
  cycle(chance: Chance, stop: Stop = { after: Infinity }): number {
    this.observe();
    const news = this.#carryOutNews(chance, stop);
    if (news > 0 && (news >= stop.after || stop.losesAnswers)) return news;
    const plan = this.#guard(this.plan());
    const count = news + this.run(plan, chance, { ...stop, after: stop.after - news });
    if (count > 0 || stop.after === 0) return count;
    // A first sync or a recovery is over when nothing is left to do; then the deletes it put off are decided.
    const { firstSyncDone, recovery } = this.journal.meta();
    this.journal.advance({ meta: { firstSyncDone: true, recovery: false } });
    return firstSyncDone && !recovery ? 0 : 1;
  }

  #carryOutNews(chance: Chance, stop: Stop): number {
    if (this.#newsAtOnce === undefined) return 0;
    const slices = new NewsSlices(this.journal, this.policy.mode ?? 'bidirectional', this.#newsAtOnce);
    let count = 0;
    for (let trees = slices.next(); trees !== null && count < stop.after; trees = slices.next()) {
      const plan = this.plan(undefined, trees);
      if (deletesOf(plan.cloud).length + deletesOf(plan.local).length > 0) throw new Error('a slice deletes nothing');
      count += this.run(plan, chance, { ...stop, after: stop.after - count });
      if (stop.losesAnswers && count > 0) break;
    }
    return count;
  }

  /** Base first, then both sides in any mixture that keeps the order of each. */
  run(plan: Plan, chance: Chance, stop: Stop = { after: Infinity }): number {
    this.#revs = new Map();
    this.#mayBatch = () => chance(3) > 0;
    const count = this.#runAll(plan, chance, stop.after);
    if (stop.losesAnswers) this.#unsettled.length = 0;
    this.#flush();
    return count;
  }

  #runAll(plan: Plan, chance: Chance, limit: number): number {
    let count = 0;
    for (const op of plan.base) {
      if (count === limit) return count;
      this.#settle(op, { t: 'done' });
      count += 1;
    }
    const local = [...plan.local];
    const cloud = groups(plan.cloud);
    while (local.length + cloud.length > 0 && count < limit) {
      const takeLocal = cloud.length === 0 || (local.length > 0 && chance(2) === 0);
      if (takeLocal) this.runLocal(local.splice(pick(local, chance), 1)[0]);
      else this.runCloud(cloud.splice(pick(cloud, chance), 1)[0] ?? []);
      count += 1;
    }
    return count;
  }

  runCloud(ops: readonly CloudOp[]): void {
    const nodes = this.cloud.commit(ops, this.#revs);
    ops.forEach((op, index) => {
      const node = nodes[index];
      if (node) this.#revs.set(op.cloudId, node.rev);
      this.#settle(op, node ? { t: 'cloud', node } : { t: 'done' });
    });
  }

  runLocal(op: LocalOp | undefined): void {
    if (!op) return;
    const { disk } = this;
    switch (op.op) {
      case 'localMakeFolder': {
        const made = disk.create({ parent: this.#inode(op.parent), name: op.name }, null);
        this.#inodes.set(op.id, made.ino);
        return this.#settle(op, { t: 'local', sig: disk.sig(made) });
      }
      case 'localDownload':
        return this.#download(op);
      case 'localMove':
        return this.#move(op);
      case 'localSetAside':
        disk.move(this.#inode(op.key), { parent: this.#inode(op.parent), name: op.name });
        return this.#settle(op, { t: 'done' });
      case 'localSetMeta': {
        const ino = this.#inode(op.id);
        disk.setMeta(ino, op.cloud.meta);
        return this.#settle(op, { t: 'local', sig: disk.sig(disk.get(ino)) });
      }
      case 'localTrash':
        for (const id of [...op.ids].reverse()) this.#trash(this.#inode(id));
        return this.#settle(op, { t: 'removed', ids: op.ids });
    }
  }

  #download(op: Extract<LocalOp, { op: 'localDownload' }>): void {
    const { disk } = this;
    const parent = this.#inode(op.parent);
    const there = disk.child(parent, op.name);
    const { contentId, meta } = this.cloud.live(op.cloud.id).node;
    if (contentId !== op.cloud.contentId) throw new Error('the content is another one by now');
    if ((there !== undefined) !== (op.replaces !== null)) throw new Error(`${op.name}: not what was expected`);
    if (there) {
      if (disk.sig(there).ctimeNs !== op.replaces?.ctimeNs) throw new Error(`${op.name} has changed`);
      disk.remove(there.ino); // what is replaced is kept for a moment only: the cloud must have it
    }
    const made = disk.create({ parent, name: op.name }, contentId ?? '', meta);
    this.#inodes.set(op.id, made.ino);
    this.#settle(op, { t: 'local', sig: disk.sig(made) });
  }

  #move(op: Extract<LocalOp, { op: 'localMove' }>): void {
    const ino = this.#inode(op.key);
    if (op.staged) {
      this.disk.hide(ino);
      return this.#settle(op, { t: 'done' });
    }
    this.disk.move(ino, { parent: this.#inode(op.parent), name: op.name });
    this.#inodes.set(op.id, ino);
    this.#settle(op, { t: 'local', sig: this.disk.sig(this.disk.get(ino)) });
  }

  #trash(ino: number): void {
    const { token } = this.disk.get(ino);
    if (token !== null) this.disk.trash.push(token);
    this.disk.remove(ino);
  }

  #inode(key: LocalKey): number {
    if (key === ROOT_ID) return DISK_ROOT;
    const ino = this.#inodes.get(key);
    if (ino === undefined) throw new Error(`nothing on disk for ${key}`);
    return ino;
  }

  /** Some operations are settled at once, some together with those after them, as requests carry them. */
  #settle(op: Op, done: Done): void {
    this.ran.push(op);
    if ('key' in op && 'id' in op && this.#inodes.has(op.key)) this.#inodes.set(op.id, this.#inode(op.key));
    if (op.op === 'link' && this.#inodes.has(op.key)) this.#inodes.set(op.row.id, this.#inode(op.key));
    this.#unsettled.push({ op, done });
    if (!this.#mayBatch()) this.#flush();
  }

  #flush(): void {
    const steps = this.#unsettled.splice(0);
    if (steps.length > 0) this.journal.advance(settleAll(this.trees(), steps));
  }
}

function shuffled<K, V>(map: ReadonlyMap<K, V>, chance: Chance): Map<K, V> {
  const entries = [...map].map((entry) => ({ entry, at: chance(1_000_000) }));
  return new Map(entries.sort((a, b) => a.at - b.at).map(({ entry }) => entry));
}

function groups(ops: readonly CloudOp[]): CloudOp[][] {
  const all: CloudOp[][] = [];
  for (const op of ops) {
    const last = all.at(-1);
    if (op.atomicGroup !== undefined && last?.[0]?.atomicGroup === op.atomicGroup) last.push(op);
    else all.push([op]);
  }
  return all;
}

/** Any operation whose `after` is done may be next; here those at the front of the list that wait for nothing before them. */
function pick(list: readonly (LocalOp | CloudOp[])[], chance: Chance): number {
  const index = chance(Math.min(3, list.length));
  const chosen = list[index];
  // What lies in a folder that waits in staging cannot be reached: the halves of such a move keep their place in the order.
  const isStaging = (entry: LocalOp | CloudOp[]) => !Array.isArray(entry) && entry.atomicGroup !== undefined;
  if (!chosen || list.slice(0, index + 1).some(isStaging)) return 0;
  const waits = new Set(opsOf(chosen).flatMap((op) => op.after ?? []));
  const isFree = list
    .slice(0, index)
    .every((earlier) => opsOf(earlier).every((op) => !waits.has(op.opId) && !isSameNode(op, chosen)));
  return isFree ? index : 0;
}

function opsOf(entry: LocalOp | CloudOp[]): readonly (LocalOp | CloudOp)[] {
  return Array.isArray(entry) ? entry : [entry];
}

function isSameNode(op: LocalOp | CloudOp, entry: LocalOp | CloudOp[]): boolean {
  return opsOf(entry).some((other) => 'id' in op && 'id' in other && op.id === other.id);
}
