import {
  compileFilter,
  runCycle,
  type Cloud,
  type CycleReport,
  type CycleSettings,
  type DirtyPaths,
  type Disk,
  type LocalKey,
  type LocalNode,
  type Observed,
  type RootState,
  type Scanner,
  type ScanResult,
  type StatSig,
} from '@tideline/sync-core';
import { AppError } from '@tideline/contracts';
import { RootSupervisor } from '../../../apps/agent/src/runtime/root-supervisor.ts';
import { RunSlots } from '../../../apps/agent/src/runtime/run-slots.ts';
import type { RunRequest, TaskEngine } from '../../../apps/agent/src/runtime/task-engine.ts';
import type { DiskClient } from '../../../libs/local-fs/src/disk/disk-client.ts';
import type { LeftDownloads } from '../../../libs/local-fs/src/disk/stage.ts';
import { sha256Hex, type VirtualCloud } from './cloud.ts';
import { DeviceJournal } from './device-journal.ts';
import { KITS, type Kit } from './kits.ts';
import { knownTreeOf } from './known-tree.ts';
import type { Scheduler } from './scheduler.ts';
import { FsError, type Inode, type Os } from './vfs/inode.ts';
import { Machine, ProcessGone, type Chance } from './vfs/machine.ts';
import { dropHandles, lstatSync, mount, mountPoint, readdirSync } from './vfs/node-fs.ts';

export type DeviceConfig = {
  readonly os: Os;
  readonly mode: 'bidirectional' | 'upload';
  readonly propagateDeletes: boolean;
  readonly storesNfd: boolean;
  readonly noLinks: boolean;
  /** New entries are decided about in slices of so many; left out: as on a real device, and so never. */
  readonly newsAtOnce?: number;
};

/** What a fault does to one call of a port. `power`: the whole machine goes, with what its cache held. */
export type PortFault = 'before' | 'after' | 'slow' | 'crash' | 'crash after' | 'power' | 'expired';
export type SyscallFault = 'EIO' | 'EBUSY' | 'EACCES' | 'ENOSPC' | 'crash' | 'power';

export type DeviceWorld = {
  readonly scheduler: Scheduler;
  readonly cloud: VirtualCloud;
  readonly chance: Chance;
  log(line: string): void;
  /** Something that must never happen. */
  violate(invariant: string, message: string): void;
  onCycleEnd(device: Device, report: CycleReport, request: RunRequest): void;
  onRestart(device: Device): void;
  onScan(device: Device, result: ScanResult): void;
  unexpected(device: Device, error: unknown): void;
};

type IsExcluded = ReturnType<typeof compileFilter>;
type Armed = { left: number; readonly on: 'call' | 'port' | 'write'; readonly act: (what: string) => unknown };

const CRASHES: Record<'before' | 'after', readonly PortFault[]> = {
  before: ['crash', 'power'],
  after: ['crash after'],
};

const NOTHING_DUE: readonly Armed[] = [];
const BEYOND_ASCII = /[^ -~]/;
const STAGING = '.tideline~sync';
const RESTART_MS = 2000;

/** One computer with one task: its disk, its journal, and the agent's process, which may end at any line and comes back. */
export class Device {
  readonly name: string;
  readonly number: number;
  readonly config: DeviceConfig;
  readonly machine: Machine;
  readonly home: Inode;
  journal: DeviceJournal;
  exclude: readonly string[] = [];
  process: AgentProcess | null = null;
  skewMs = 0;
  isPaused = false;
  /** Nothing is heard from the watcher before this moment; the loss is silent. */
  deafUntilMs = 0;
  /** Nor from the drive. */
  pokeDeafUntilMs = 0;
  offlineUntilMs = 0;
  powerLostAtMs = -Infinity;
  cycles = 0;
  crashes = 0;
  faults = 0;
  opsStarted = 0;
  lastReport: CycleReport | null = null;
  /** Calls of each kind until now. */
  readonly calls = { call: 0, port: 0, write: 0 };
  /** Counts what people did here. */
  acts = 0;
  /** Names, composed, that ever stood here in two spellings beside each other. */
  readonly twins = new Set<string>();
  /** When the cycle at hand began, and what had been done until then. */
  began = { atMs: 0, acts: 0, cloud: 0 };
  /** By the name under which it was asked for: operation and base id. */
  onTrashed: (name: string) => void = () => undefined;
  /** Carries out a crash; whoever watches looks before and after. */
  onCrash: (kind: 'process' | 'power', crash: () => void) => void = (_kind, crash) => crash();
  #armed: Armed[] = [];
  #ids = 0;
  #label = { minute: NaN, text: '' };
  #dirty = new Set<string>();
  #filter: { readonly of: readonly string[]; readonly isExcluded: IsExcluded } | null = null;
  readonly world: DeviceWorld;

  constructor(world: DeviceWorld, number: number, config: DeviceConfig) {
    this.world = world;
    this.number = number;
    this.name = `d${number}`;
    this.config = config;
    const { os, storesNfd, noLinks } = config;
    const clocks = { nowMs: () => this.nowMs(), upMs: () => world.scheduler.nowMs };
    this.machine = new Machine({ name: this.name, os, dev: 40 + number, ...clocks, storesNfd, noLinks });
    mount(this.machine);
    this.home = this.machine.create(this.machine.top, 'home', { kind: 'folder' });
    this.machine.create(this.home, 'root', { kind: 'folder' });
    this.machine.syncAll();
    this.machine.beforeCall = (call, path) => this.#beforeCall(call, path);
    this.machine.onEngineWrite = (call, path) => this.#checkPlace(call, path);
    this.machine.onChange = (folder) => this.#changed(folder);
    this.journal = this.#newJournal(false);
  }

  get kit(): Kit {
    return KITS[this.config.os];
  }

  /** The folder of the task, or what stands in its place. */
  get root(): Inode | undefined {
    return this.machine.find(this.home, 'root');
  }

  get rootPath(): string {
    return `${mountPoint(this.machine)}/home/root`;
  }

  get trashPath(): string {
    return `${mountPoint(this.machine)}/home/Trash`;
  }

  nowMs(): number {
    return this.world.scheduler.nowMs + this.skewMs;
  }

  id(): string {
    this.#ids += 1;
    return `00000000-0000-7000-8${this.number.toString(16).padStart(3, '0')}-${this.#ids.toString(16).padStart(12, '0')}`;
  }

  settings(): CycleSettings {
    const { os, mode, propagateDeletes, newsAtOnce } = this.config;
    const names = { caseSensitive: os === 'linux', windows: os === 'win32', maxNameBytes: 255 };
    const nowLabel = this.#nowLabel();
    const { exclude } = this;
    const slices = newsAtOnce === undefined ? {} : { newsAtOnce };
    const rules = { mode, propagateDeletes, conflict: 'copy', ...slices } as const;
    return { ...rules, deviceName: this.name, nowLabel, names, exclude, maxFiles: 1e6 };
  }

  #nowLabel(): string {
    const minute = Math.floor(this.nowMs() / 60_000);
    if (this.#label.minute !== minute) {
      const text = new Date(minute * 60_000).toISOString().slice(0, 16).replace('T', ' ').replace(':', '');
      this.#label = { minute, text };
    }
    return this.#label.text;
  }

  start(): void {
    this.process = new AgentProcess(this);
    this.process.start();
  }

  /** The process ends where it is; the machine, or only the agent, comes back a little later. */
  crash(kind: 'process' | 'power'): void {
    if (!this.process) return;
    this.crashes += 1;
    this.world.log(`${this.name} ${kind === 'power' ? 'loses power' : 'is killed'}`);
    this.process.isAlive = false;
    this.process = null;
    this.#armed = this.#armed.filter((armed) => armed.on === 'call' && armed.left < 0);
    dropHandles(this.machine);
    if (kind === 'power') {
      this.powerLostAtMs = this.world.scheduler.nowMs;
      this.onCrash(kind, () => this.machine.losePower(this.world.chance));
      this.journal.losePower(this.world.chance);
    }
    this.world.onRestart(this);
    this.world.scheduler.after(RESTART_MS + this.world.chance(30_000), () => {
      if (!this.process) this.start();
    });
  }

  /** Lost state begins in recovery; a task made anew begins as a first sync. */
  replaceJournal(recovery: boolean): void {
    this.process?.end();
    this.process = null;
    dropHandles(this.machine);
    this.journal = this.#newJournal(recovery);
    this.world.onRestart(this);
    this.start();
  }

  /** Does `act` at the `count`-th call from now. */
  arm(on: Armed['on'], count: number, act: Armed['act']): void {
    this.#armed.push({ left: Math.max(1, count), on, act });
  }

  /** Nothing more goes wrong. */
  disarm(): void {
    this.#armed = [];
    this.deafUntilMs = 0;
    this.pokeDeafUntilMs = 0;
    this.offlineUntilMs = 0;
  }

  /** What is armed on this kind of call and due. */
  due(on: Armed['on']): readonly Armed[] {
    this.calls[on] += 1;
    let due = NOTHING_DUE;
    for (const armed of this.#armed) if (armed.on === on && --armed.left === 0) due = [...due, armed];
    if (due.length > 0) this.#armed = this.#armed.filter((armed) => armed.left > 0);
    return due;
  }

  isExcluded(path: string, isFolder: boolean): boolean {
    return this.filter(path, isFolder);
  }

  /** What the task leaves out now. */
  get filter(): IsExcluded {
    if (this.#filter?.of === this.exclude) return this.#filter.isExcluded;
    const isExcluded = compileFilter(this.exclude, { caseSensitive: this.config.os === 'linux' });
    this.#filter = { of: this.exclude, isExcluded };
    return isExcluded;
  }

  #newJournal(recovery: boolean): DeviceJournal {
    const journal = new DeviceJournal(this.world.cloud.rootId, recovery);
    journal.beforeWrite = (call) => {
      for (const armed of this.due('write')) armed.act(call);
      if (!this.process) throw new ProcessGone();
    };
    return journal;
  }

  #beforeCall(call: string, path: string): void {
    if (!this.process) throw new ProcessGone();
    for (const armed of this.due('call')) armed.act(`${call} ${path}`);
    if (!this.process) throw new ProcessGone();
  }

  /** I4, I8: where the engine may write at all. */
  #checkPlace(call: string, path: string): void {
    const isInRoot = path.startsWith(`${this.rootPath}/`) || path === this.rootPath;
    if (this.config.mode === 'upload' && isInRoot) this.world.violate('I4', `${this.name}: ${call} ${path}`);
    const isInTrash = path === this.trashPath || path.startsWith(`${this.trashPath}/`);
    if (!isInRoot && !isInTrash) this.world.violate('I8', `${this.name}: ${call} ${path}`);
  }

  #noteTwins({ entries }: Inode): void {
    const met = new Set<string>();
    for (const { name } of entries.values()) {
      if (!BEYOND_ASCII.test(name)) continue; // has one spelling
      const composed = name.normalize('NFC');
      if (met.has(composed)) this.twins.add(composed);
      met.add(composed);
    }
  }

  #changed(folder: Inode): void {
    this.#noteTwins(folder);
    const root = this.root;
    if (!root || !this.process || this.nowMs() < this.deafUntilMs) return;
    const path = this.machine.pathOf(folder, root);
    if (path === undefined || path === STAGING || path.startsWith(`${STAGING}/`)) return;
    if (this.#dirty.size === 0) this.world.scheduler.after(200 + this.world.chance(300), () => this.#hint());
    this.#dirty.add(path);
  }

  #hint(): void {
    const dirty: DirtyPaths = this.#dirty.size > 50 ? 'all' : new Set(this.#dirty);
    this.#dirty.clear();
    this.process?.hint(dirty);
  }
}

/** From one start of the agent to its end. After that none of its promises goes on. */
export class AgentProcess {
  isAlive = true;
  isRunning = false;
  readonly supervisor: RootSupervisor;
  readonly #device: Device;
  #onDirty: (dirty: DirtyPaths) => void = () => undefined;

  constructor(device: Device) {
    this.#device = device;
    const { scheduler, chance } = device.world;
    const timers = {
      nowMs: () => device.nowMs(),
      random: () => chance(1000) / 1000,
      after: (delayMs: number, run: () => void) =>
        scheduler.after(delayMs, () => {
          if (this.isAlive) run();
        }),
    };
    this.supervisor = new RootSupervisor({
      engine: this.#engine(),
      timers,
      slots: new RunSlots(1),
      auto: true,
      pauses: device.isPaused ? ['user'] : [],
      lastFullSyncMs: device.journal.meta().lastFullSyncMs,
      onChange: () => undefined,
      onDoubt: () => undefined,
      log: (event, details) => {
        if (event !== 'cycle_failed') return;
        const { failure } = details as { failure: { t: string } };
        if (failure.t === 'unexpected') device.world.unexpected(device, details['cause']);
      },
    });
  }

  start(): void {
    void this.supervisor.start();
  }

  end(): void {
    this.isAlive = false;
  }

  hint(dirty: DirtyPaths): void {
    this.#onDirty(dirty);
  }

  #engine(): TaskEngine {
    const device = this.#device;
    const { journal } = device;
    const clock = { nowMs: () => device.nowMs() };
    const ids = { opId: () => device.id(), nodeId: () => device.id() };
    const deps = {
      ...{ journal, clock, ids, hashes: { sha256Hex } },
      ...{ scanner: this.#scanner(), disk: this.#disk(), cloud: this.#cloud() },
    };
    return {
      run: async (request) => {
        this.isRunning = true;
        device.cycles += 1;
        device.began = { atMs: device.nowMs(), acts: device.acts, cloud: device.world.cloud.changes };
        try {
          const report = await runCycle(deps, { ...request, settings: device.settings() });
          device.lastReport = report;
          device.world.onCycleEnd(device, report, request);
          return report;
        } catch (error) {
          if (!this.isAlive || error instanceof ProcessGone) return await never();
          throw error;
        } finally {
          this.isRunning = false;
        }
      },
      watch: async (onDirty) => {
        this.#onDirty = onDirty;
      },
      unwatch: async () => {
        this.#onDirty = () => undefined;
      },
      close: async () => undefined,
    };
  }

  /** One call of a port: when the scheduler comes to it, what it does is done, if nothing goes wrong before or after. */
  async #port<T>(what: string, effect: () => T | Promise<T>, isRemote = false): Promise<T> {
    const { world } = this.#device;
    await this.#turn(isRemote ? 2 + world.chance(40) : world.chance(4));
    const faults = this.#device.due('port').map((armed) => armed.act(what)) as PortFault[];
    for (const fault of faults) await this.#suffer(fault, { what, isBefore: true, isRemote });
    const result = await this.#carryOut(effect);
    if (TRACES) world.log(`${this.#device.name} ${what} → ${told(result)}`);
    for (const fault of faults) await this.#suffer(fault, { what, isBefore: false, isRemote });
    if (isRemote) await this.#turn(2 + world.chance(20));
    return result;
  }

  async #turn(delayMs: number): Promise<void> {
    await this.#device.world.scheduler.turn(delayMs);
    if (!this.isAlive) await never();
  }

  async #carryOut<T>(effect: () => T | Promise<T>): Promise<T> {
    try {
      const result = await asDevice(this.#device, effect);
      if (!this.isAlive) await never();
      return result;
    } catch (error) {
      if (!this.isAlive || error instanceof ProcessGone) return await never();
      throw error;
    }
  }

  async #suffer(fault: PortFault, at: { what: string; isBefore: boolean; isRemote: boolean }): Promise<void> {
    const when = at.isBefore ? 'before' : 'after';
    if (CRASHES[when].includes(fault)) {
      this.#device.crash(fault === 'power' ? 'power' : 'process');
      await never();
    }
    if (fault === 'slow' && at.isBefore) await this.#turn(500 + this.#device.world.chance(20_000));
    if (!at.isRemote || fault !== when) return;
    throw new AppError(this.#device.world.chance(3) === 0 ? 'UNAVAILABLE' : 'SERVER_UNREACHABLE', { server: 'sim' });
  }

  #remote<T>(what: string, effect: () => T): Promise<T> {
    const device = this.#device;
    return this.#port(
      what,
      () => {
        if (device.world.scheduler.nowMs < device.offlineUntilMs) {
          throw new AppError('SERVER_UNREACHABLE', { server: 'sim' });
        }
        return effect();
      },
      true,
    );
  }

  #cloud(): Cloud {
    const device = this.#device;
    const { cloud, chance } = device.world;
    const who = device.name;
    const remote = <T>(what: string, effect: () => T) => this.#remote(what, effect);
    return {
      rootId: cloud.rootId,
      changes: (cursor) => remote('changes', () => cloud.changesSince(who, cursor, 1 + chance(8))),
      listing: (root) => remote('listing', () => cloud.listing(who, root)),
      commit: (request) => remote('commit', () => cloud.commit(who, request)),
      answers: (opIds) => remote('answers', () => cloud.answers(opIds)),
      missing: (chunks) => remote('missing', () => cloud.missing(chunks)),
      putPack: (chunks) => remote('putPack', () => cloud.putPack(chunks)),
      bundle: (nodes) => remote('bundle', () => cloud.bundle(who, nodes)),
      manifest: (nodeId) => remote('manifest', () => cloud.manifest(who, nodeId)),
      keptVersions: (asked) => remote('keptVersions', () => cloud.keptVersions(who, asked)),
      content: (nodeId, range) => this.#content(nodeId, range),
      digest: () => remote('digest', () => cloud.digest(who)),
      caps: () => remote('caps', () => cloud.caps(who)),
    };
  }

  async *#content(nodeId: string, range: { contentId: string; from: number; to: number }): AsyncGenerator<Uint8Array> {
    const { cloud } = this.#device.world;
    for (let at = range.from; at < range.to; at += 100_003) {
      const part = await this.#remote('content', () => {
        const isStill = cloud.nodes.get(nodeId)?.node.contentId === range.contentId;
        return isStill ? cloud.contentOf(range.contentId).slice(at, Math.min(range.to, at + 100_003)) : undefined;
      });
      if (!part) return;
      yield part;
    }
  }

  /** As `local-disk.ts` puts the real work together, with the worker's calls made here. */
  #disk(): Disk {
    const device = this.#device;
    const { kit, rootPath: root, trashPath: homeTrash, machine } = device;
    const context = kit.createDiskContext({ root, homeTrash, nowMs: () => device.nowMs() });
    const work = kit.createDiskWork(context);
    const rescued: string[] = [];
    const port = <T>(what: string, effect: () => T | Promise<T>) => this.#port(what, effect);
    const call: DiskClient['call'] = (method, ...args) =>
      port(`${method} ${about(args)}`, () => {
        const result = (work[method] as (...values: readonly unknown[]) => never)(...args);
        if (method === 'trashFile' && isDone(result)) device.onTrashed(about(args));
        rescued.push(...context.rescued.splice(0));
        return result;
      });
    const flush = kit.createGroupFlush((what) => call('flush', what));
    const left: LeftDownloads = new Map();
    const read = (path: string, part: { expect: StatSig; offset: number; size: number }) =>
      port(`read ${path}`, () => kit.attempt(() => kit.readNow(context, { path, ...part })));
    return {
      read: (path, expect) => read(path, { expect, offset: 0, size: expect.size }),
      readChunk: (path, expect, { offset, chunk }) => read(path, { expect, offset, size: chunk.size }),
      manifest: (path, expect) => call('manifest', path, expect),
      place: (requests) => kit.placeMany({ call, flush }, requests),
      stage: async (file) => {
        const staged = await port('stage', () => kit.stage({ root, call, callBeside: call, left }, file));
        return {
          name: staged.name,
          reuse: (parts, source) => staged.reuse(parts, source),
          write: (offset, bytes) => port('stage write', () => staged.write(offset, bytes)),
          finish: () => port('stage finish', () => staged.finish()),
          leave: () => port('stage leave', () => staged.leave()),
          discard: () => port('stage discard', () => staged.discard()),
        };
      },
      makeFolder: (path, into) => call('makeFolder', path, into),
      move: (from, to, moving) => call('move', from, to, moving),
      moveToStaging: (opId, from, expect) => call('moveToStaging', opId, from, expect),
      unstage: (opId, to, into) => call('unstage', opId, to, into),
      setMeta: (path, expect, meta) => call('setMeta', path, expect, meta),
      trashFile: (opId, path, expect) => call('trashFile', opId, path, expect),
      removeFolder: (path, expect) => call('removeFolder', path, expect),
      freeBytes: () => port('free', () => ({ freeBytes: machine.isFull ? 0 : 5e11, totalBytes: 1e12 })),
      settleDisplaced: async (nowMs, only) => {
        const isEmpty = await port('look into staging', () => kit.isStagingEmpty(root));
        const settled = isEmpty ? [] : await call('settleDisplaced', nowMs, only);
        return [...rescued.splice(0).map((rescuedTo) => ({ rescuedTo })), ...settled];
      },
      displaced: async () =>
        (await port('look into staging', () => kit.isStagingEmpty(root))) ? [] : call('displaced'),
      surfaceDisplaced: (kept) => call('surfaceDisplaced', kept),
      recover: async (opIds) => {
        const isEmpty = await port('look into staging', () => kit.isStagingEmpty(root));
        return isEmpty ? [] : call('recover', opIds);
      },
    };
  }

  #scanner(): Scanner {
    return {
      root: () => this.#port('root', () => this.#rootState()),
      scan: (dirty) => this.#port(`scan ${dirty === 'all' ? 'all' : [...dirty].join(' ')}`, () => this.#scan(dirty)),
    };
  }

  #rootState(): RootState {
    const { rootPath, kit, machine } = this.#device;
    try {
      const stats = lstatSync(rootPath, { bigint: true }) as { isDirectory(): boolean } & Record<string, bigint>;
      if (!stats.isDirectory()) return { t: 'missing' };
      readdirSync(rootPath);
      return { t: 'ok', identity: kit.rootIdentity(stats as never, `dev:${machine.options.dev}`) };
    } catch (error) {
      if (!(error instanceof FsError)) throw error;
      return error.code === 'ENOENT' || error.code === 'ENOTDIR'
        ? { t: 'missing' }
        : { t: 'unreadable', code: error.code };
    }
  }

  #scan(dirty: DirtyPaths): ScanResult {
    const device = this.#device;
    const { kit, rootPath, machine, journal } = device;
    const acts = device.acts;
    const seen = new Map<LocalKey, Observed<LocalNode>>();
    const volume = `dev:${machine.options.dev}`;
    if (!device.root) return NOTHING_READ;
    const summary = kit.runScan(
      {
        root: rootPath,
        rootDev: BigInt(machine.options.dev),
        volume,
        known: knownTreeOf(journal),
        nowMs: () => device.nowMs(),
        isExcluded: device.filter,
        hash: (path) => kit.hashFile(path, { volume, buffer: BUFFER }),
        // Nothing here is written to without end.
        hashClone: () => ({ t: 'busy' }),
        checkAbort: () => undefined,
        emit: (key, found) => void seen.set(key, found),
        withdraw: (key) => void seen.delete(key),
      },
      dirty === 'all' ? dirty : [...dirty],
    );
    if (!summary) return NOTHING_READ;
    const result = { ...summary, seen, listed: new Set(summary.listed) };
    if (device.acts === acts) device.world.onScan(device, result);
    return result;
  }
}

/** `SIM_TRACE=1`: every call of a port and its answer go into the log. */
const TRACES = process.env['SIM_TRACE'] !== undefined;
const told = (value: unknown): string =>
  (JSON.stringify(value, (_key, each: unknown) => plain(each)) ?? '').slice(0, 600);

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  return value instanceof Map || value instanceof Set ? [...(value as Iterable<unknown>)] : value;
}

const isDone = (result: object): boolean => 't' in result && result.t === 'done';

const about = ([first]: readonly unknown[]): string =>
  typeof first === 'string'
    ? first
    : Array.isArray(first)
      ? String((first[0] as { path?: string } | undefined)?.path)
      : '';

const BUFFER = new Uint8Array(1024 * 1024);
const NOTHING_READ: ScanResult = {
  ...{ full: false, seen: new Map(), listed: new Set(), files: 0, folders: 0, skipped: 0 },
  unreadable: [{ path: '', code: 'ROOT_MISSING' }],
};

/** Made anew for each that waits: one that lasts would hold every fleet that ever crashed. */
const never = (): Promise<never> => new Promise(() => undefined);

let timeOf: Device | null = null;
/** The real code asks Node for the time in a few places: it is the device's whose call is being carried out. */
Date.now = () => timeOf?.nowMs() ?? 0;
performance.now = () => timeOf?.nowMs() ?? 0;
Atomics.wait = () => 'timed-out';

function asDevice<T>(device: Device, effect: () => T): T {
  timeOf = device;
  return effect();
}
