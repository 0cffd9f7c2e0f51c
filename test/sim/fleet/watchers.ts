import type { BatchOp, DriveNode } from '@tideline/contracts';
import { ROOT_ID, type Advance, type BaseNode, type CloudId, type Op, type StatSig } from '@tideline/sync-core';
import type { Committed } from './cloud.ts';
import { contentIdOf } from './compare.ts';
import type { Device } from './device.ts';
import { inodesBelow } from './ledger.ts';
import type { Inode } from './vfs/inode.ts';

const WINDOW_MS = 10 * 60 * 1000;
const LEAST_FILES = 20;
const SHARE = 0.2;
const MOST_FILES = 200;

type Violate = (invariant: string, message: string) => void;
type Delete = Extract<Op, { op: 'cloudTrash' | 'localTrash' }>;
type Side = Delete['op'];

/** What one device must never do, looked at from outside while it works. */
export class DeviceWatch {
  /** Base ids whose delete a person agreed to. */
  readonly consented = new Set<number>();
  readonly #device: Device;
  readonly #violate: Violate;
  readonly #deletes = new Map<string, Delete>();
  #executed: { readonly side: Side; readonly atMs: number; readonly files: number; readonly nodeId?: CloudId }[] = [];
  #filesAtPlan = 0;
  #recentAtPlan: Readonly<Record<Side, number>> = { cloudTrash: 0, localTrash: 0 };
  /** Names and contents that each cloud node ever had. */
  readonly #ever: CloudEver;

  constructor(device: Device, ever: CloudEver, violate: Violate) {
    this.#device = device;
    this.#ever = ever;
    this.#violate = (invariant, message) => violate(invariant, `${device.name}: ${message}`);
    this.attach();
  }

  /** To be called whenever the device has another journal. */
  attach(): void {
    this.#device.journal.onStart = (ops) => this.#started(ops);
    this.#device.journal.onAdvance = (step) => this.#advanced(step);
    this.forgive();
  }

  /** After a crash nobody knows what was counted before. */
  forgive(): void {
    this.#executed = [];
    this.#deletes.clear();
  }

  committed({ op, before }: Committed): void {
    if (op.kind === 'putVersion') this.#checkReplaced(op, before);
    // SY-27: what the device itself has brought back for a person is not gone.
    if (op.kind === 'restore') this.#executed = this.#executed.filter(({ nodeId }) => nodeId !== op.nodeId);
    if (op.kind === 'trash') this.#trashedInCloud(op);
  }

  #checkReplaced({ ifMatch }: Extract<BatchOp, { kind: 'putVersion' }>, before: DriveNode | null): void {
    const isBlind = ifMatch === undefined && this.#device.config.mode === 'bidirectional';
    if (isBlind) this.#violate('I6', `a version without saying what it replaces`);
    if (ifMatch !== undefined && before?.rev !== ifMatch) {
      this.#violate('I6', `a version of rev ${ifMatch} was taken when the head was ${before?.rev}`);
    }
  }

  #trashedInCloud({ opId, nodeId }: Extract<BatchOp, { kind: 'trash' }>): void {
    const files = this.#deletes.get(opId)?.ids.filter((id) => this.#isUnasked(id)).length ?? 0;
    if (files > 0) this.#countFiles('cloudTrash', files, nodeId);
  }

  /** `name`: the operation and the base id. */
  trashed(name: string): void {
    const at = name.lastIndexOf('-');
    const isPlanned = this.#deletes.has(name.slice(0, at));
    if (isPlanned && this.#isUnasked(Number(name.slice(at + 1)))) this.#countFiles('localTrash', 1);
  }

  /** SY-27: consent covers exactly the files that were held. */
  #isUnasked(id: number): boolean {
    return !this.consented.has(id) && this.#device.journal.base.get(id)?.kind === 'file';
  }

  #started(ops: readonly Op[]): void {
    const device = this.#device;
    device.opsStarted += ops.length;
    this.#filesAtPlan = device.journal.base.fileCount();
    this.#recentAtPlan = { cloudTrash: this.#recent('cloudTrash'), localTrash: this.#recent('localTrash') };
    this.#deletes.clear();
    for (const op of ops) {
      if (op.op === 'cloudTrash' || op.op === 'localTrash') this.#checkProof(op);
      if (op.op === 'localSetAside') this.#checkConflict(op);
      if (device.config.mode === 'upload' && op.op.startsWith('local')) this.#violate('I4', `plans ${op.op}`);
    }
  }

  /** I5: everything that is to go was proven to be gone on the other side. */
  #checkProof(op: Delete): void {
    this.#deletes.set(op.opId, op);
    const { journal } = this.#device;
    for (const id of op.ids) {
      const row = journal.base.get(id);
      const seen = row && this.#otherSide(op, row);
      if (!row || seen === 'absent' || seen === 'detached' || this.#hasLeftTheTask(row.cloudId)) continue;
      this.#violate('I5', `${op.op} of ${row.localName}, which is ${seen} on the other side`);
    }
  }

  #otherSide({ op }: Delete, row: BaseNode): string {
    const { journal } = this.#device;
    if (op === 'cloudTrash' && row.state === 'detached') return row.state;
    const seen = op === 'cloudTrash' ? journal.localOverlay().get(row.id) : journal.cloudOverlay().get(row.cloudId);
    return seen?.t ?? 'as base';
  }

  /**
   * SY-26: moved to where the filter leaves it out, itself or with a folder above it; a pattern may mean only one kind. As far as the
   * device has heard of it: by now it may have been moved back (whole seed 3237).
   */
  #hasLeftTheTask(cloudId: string): boolean {
    const above: { readonly name: string; readonly kind: 'file' | 'folder' }[] = [];
    const met = new Set<string>();
    for (let at = this.#heardOf(cloudId); at && !met.has(at.id); at = this.#heardOf(at.parentId)) {
      above.unshift(at);
      met.add(at.id);
    }
    const names = above.map(({ name }) => name);
    return above.some(({ kind }, index) => {
      return this.#device.isExcluded(names.slice(0, index + 1).join('/'), kind === 'folder');
    });
  }

  /** A node of the cloud as the device knows it, by the name that it has here or would have; nothing of the root. */
  #heardOf(cloudId: string): { id: string; parentId: string; name: string; kind: 'file' | 'folder' } | undefined {
    const { journal } = this.#device;
    const { base } = journal;
    const row = base.byCloudId(cloudId);
    if (row?.id === ROOT_ID) return undefined;
    const seen = journal.cloudOverlay().get(cloudId);
    if (seen?.t === 'present') {
      const { parentId, name, kind } = seen.node;
      return { id: cloudId, parentId, name: row?.cloudName === name ? row.localName : name, kind };
    }
    const parent = row && base.get(row.parent);
    return row && parent ? { id: cloudId, parentId: parent.cloudId, name: row.localName, kind: row.kind } : undefined;
  }

  /**
   * I10: equal contents are never a conflict. A node that was moved in the cloud to the name of a new file is another matter: two
   * nodes want one name (SY-12), and both files are there to stay whatever is in them.
   */
  #checkConflict(op: Extract<Op, { op: 'localSetAside' }>): void {
    if (op.why !== 'conflict' || op.original === null) return;
    const { journal } = this.#device;
    const known = journal.base.byCloudId(op.original);
    if (known && known.id !== op.key) return;
    const mine = this.#localContent(op.key);
    if (mine !== null && mine === this.#cloudContent(op.original))
      this.#violate('I10', `a copy of equal contents: ${op.name}`);
  }

  #localContent(key: number): string | null {
    const { journal } = this.#device;
    const seen = journal.localOverlay().get(key);
    return (seen?.t === 'present' ? seen.node.content : journal.base.get(key))?.contentId ?? null;
  }

  #cloudContent(id: string): string | null {
    const { journal } = this.#device;
    const seen = journal.cloudOverlay().get(id);
    return (seen?.t === 'present' ? seen.node : journal.base.byCloudId(id))?.contentId ?? null;
  }

  /** I7: what base says was so on both sides. */
  #advanced({ rows = [] }: Advance): void {
    for (const row of rows) {
      if (row.id === row.parent) continue;
      if (!this.#hangsOnRoot(row)) {
        this.#violate('I9', `base is no tree any more at ${row.localName}`);
        // Nothing can be asked of it: the cycle must end here.
        throw new Error('base is no tree any more');
      }
      const ever = this.#ever.get(row.cloudId);
      if (!ever?.names.has(row.cloudName)) this.#violate('I7', `base has ${row.cloudName}, which the cloud never had`);
      else if (row.contentId !== null && !ever.contents.has(row.contentId)) {
        this.#violate('I7', `base has a content of ${row.cloudName} that the cloud never had`);
      } else this.#checkVouched(row);
    }
  }

  #hangsOnRoot(row: BaseNode): boolean {
    const { base } = this.#device.journal;
    let at: BaseNode | undefined = row;
    for (let depth = 0; at && at.id !== at.parent; depth++) at = depth > 200 ? undefined : base.get(at.parent);
    return at !== undefined;
  }

  /** A file that looks exactly as base says must be what base says. */
  #checkVouched({ sig, contentId, localName }: BaseNode): void {
    const { root, machine } = this.#device;
    if (!sig || contentId === null || sig.ctimeNs < 0n || !root) return;
    const couldBe = machine.numbered(Number(sig.fileId)).some((inode) => inode.kind === 'file' && looksAs(inode, sig));
    const found = couldBe && inodesBelow(root).find((inode) => inode.kind === 'file' && looksAs(inode, sig));
    if (found && contentIdOf(found.data) !== contentId) this.#violate('I7', `base vouches for ${localName} wrongly`);
  }

  /**
   * I11. Each side by itself, as GU-1 ("either direction") and SY-27 ("of either side") have it: a mass is one thing that went wrong
   * on one side and is carried to the other. Deletes that came from here and deletes that came from there are not one mass, and
   * one question to a person could not be answered for both.
   */
  #countFiles(side: Side, files: number, nodeId?: CloudId): void {
    this.#executed.push({ side, atMs: this.#device.nowMs(), files, ...(nodeId === undefined ? {} : { nodeId }) });
    const all = this.#recent(side);
    const share = SHARE * (this.#filesAtPlan + this.#recentAtPlan[side]);
    if (all > MOST_FILES || (all >= LEAST_FILES && all > share)) {
      this.#violate('I11', `${all} files deleted by ${side} without consent, of ${this.#filesAtPlan}`);
    }
  }

  #recent(side: Side): number {
    const sinceMs = this.#device.nowMs() - WINDOW_MS;
    this.#executed = this.#executed.filter(({ atMs }) => atMs >= sinceMs);
    return this.#executed.reduce((sum, each) => sum + (each.side === side ? each.files : 0), 0);
  }
}

export type CloudEver = Map<string, { readonly names: Set<string>; readonly contents: Set<string> }>;

export function noteEver(ever: CloudEver, { after }: Pick<Committed, 'after'>): void {
  const known = ever.get(after.id) ?? { names: new Set(), contents: new Set() };
  known.names.add(after.name);
  if (after.contentId !== null) known.contents.add(after.contentId);
  ever.set(after.id, known);
}

function looksAs({ bigIno, birthNs, mtimeNs, ctimeNs, data }: Inode, sig: StatSig): boolean {
  if (bigIno !== sig.fileId || birthNs !== sig.birthNs) return false;
  return data.length === sig.size && mtimeNs === sig.mtimeNs && ctimeNs === sig.ctimeNs;
}
