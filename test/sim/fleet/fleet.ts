import type { BaseNode, CycleReport, ScanResult } from '@tideline/sync-core';
import type { RunRequest } from '../../../apps/agent/src/runtime/task-engine.ts';
import { chanceOf, pick } from './chance.ts';
import { VirtualCloud, type Sight } from './cloud.ts';
import { differences, entriesThatStay, isDue, unsoundBase, unsoundCloud } from './compare.ts';
import { Device, type DeviceWorld, type PortFault, type SyscallFault } from './device.ts';
import { Ledger } from './ledger.ts';
import { ConsolePerson, Person } from './people.ts';
import { countsAs, type Plan, type Step, type What } from './plan.ts';
import { NeverRests, Scheduler } from './scheduler.ts';
import { FsError, type Inode } from './vfs/inode.ts';
import { ProcessGone, type Chance } from './vfs/machine.ts';
import { unmountAll } from './vfs/node-fs.ts';
import { DeviceWatch, noteEver, type CloudEver } from './watchers.ts';

const ROOT_ID = '00000000-0000-7000-8000-0000000000ff';
/** Rounds of all devices after which everything must be equal. */
const MAX_ROUNDS = 20;
/** Rounds after which people do something about what is in the way, if that keeps anything from becoming equal. */
const ROUNDS_OF_PATIENCE = 8;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** I12: operations per thing that happened. */
const OPS_PER_CHANGE = 40;

export type Failure = { readonly invariant: string; readonly message: string };
export type Stats = {
  readonly acts: number;
  readonly faults: number;
  readonly crashes: number;
  readonly cycles: number;
  readonly ops: number;
  readonly rounds: number;
  readonly steps: number;
};
export type Outcome = {
  readonly failure: Failure | null;
  readonly stats: Stats;
  readonly log: readonly string[];
  /** Of each device, until people went home. */
  readonly calls: readonly Device['calls'][];
  /** As it was played: nothing is left to how it went. */
  readonly plan: Plan;
};

class Violation extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(`${failure.invariant}: ${failure.message}`);
    this.failure = failure;
  }
}

/** A fleet of devices, one drive and the people, for one run of one plan. */
export class Fleet implements DeviceWorld {
  readonly scheduler: Scheduler;
  readonly chance: Chance;
  readonly cloud: VirtualCloud;
  readonly devices: Device[] = [];
  readonly #people: Person[] = [];
  readonly #watches: DeviceWatch[] = [];
  readonly #console: ConsolePerson;
  readonly #ledger: Ledger;
  readonly #ever: CloudEver = new Map();
  readonly #log: string[] = [];
  readonly #plan: Plan;
  readonly #spared: Step[] = [];
  #calls: Outcome['calls'] = [];
  #failure: Failure | null = null;
  #acts = 0;
  #faults = 0;
  #rounds = 0;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.chance = chanceOf(plan.seed ^ 0x5bd1e995);
    this.scheduler = new Scheduler(this.chance);
    this.cloud = new VirtualCloud(ROOT_ID, () => this.scheduler.nowMs);
    this.#ledger = new Ledger(this.cloud, this.devices);
    this.#console = new ConsolePerson(this.cloud, this.#ledger);
    this.cloud.onCommitted = (committed) => {
      noteEver(this.#ever, committed);
      const number = this.devices.findIndex((device) => device.name === committed.who);
      this.#watches[number]?.committed(committed);
      const { who, op, after } = committed;
      this.log(`${who} ${op.kind} ${after.name} rev ${after.rev} seq ${after.seq}`);
    };
    this.cloud.onChanged = () => this.#poke();
    for (const config of plan.devices) this.#install(config);
  }

  async run(): Promise<Outcome> {
    try {
      await this.#live();
      await this.#rest();
    } catch (error) {
      if (error instanceof NeverRests) this.violate('I12', 'the fleet never comes to rest');
      else if (!(error instanceof Violation)) throw error;
    } finally {
      unmountAll();
    }
    const { seed, devices, steps } = this.#plan;
    const plan = { seed, devices, steps: [...steps, ...this.#spared] };
    return { failure: this.#failure, stats: this.#stats(), log: this.#log, plan, calls: this.#calls };
  }

  log(line: string): void {
    this.#log.push(`${this.scheduler.nowMs} ${line}`);
  }

  violate(invariant: string, message: string): void {
    this.#failure ??= { invariant, message };
    for (const device of process.env['SHOW'] ? this.devices : []) this.log(show(device));
    this.log(`VIOLATION ${invariant} ${message}`);
  }

  onCycleEnd(device: Device, report: CycleReport, request: RunRequest): void {
    const { stop, pending, failed, holds, verified, again } = report;
    const asked = request.dirty === null || request.dirty === 'all' ? request.dirty : [...request.dirty].join(' ');
    this.log(
      `${device.name} cycle ${JSON.stringify({ asked, feed: request.pullFeed, stop, pending, failed, holds, verified, again })}`,
    );
    const isSynced = stop === null && verified === true && pending + failed + holds === 0;
    if (!isSynced || !this.#isUndisturbed(device, report, request)) return;
    const [difference] = differences(device, this.cloud);
    if (difference !== undefined) this.violate('I13', `${device.name} says it is in sync, but ${difference}`);
  }

  /** Whether nobody did anything on either side since the cycle looked at everything. */
  #isUndisturbed(device: Device, report: CycleReport, request: RunRequest): boolean {
    const { began } = device;
    if (report.lastFullSyncMs === null || report.lastFullSyncMs < began.atMs || request.dirty !== 'all') return false;
    if (began.acts !== device.acts || began.cloud !== this.cloud.changes) return false;
    // Bytes that power took from the cache are gone without any sign; such files are read once more when they are no longer young.
    return this.scheduler.nowMs - device.powerLostAtMs >= 2 * MINUTE_MS;
  }

  onRestart(device: Device): void {
    this.#watches[device.number - 1]?.attach();
  }

  /** I5: what a scan calls absent is not at its place, and nowhere else. */
  onScan(device: Device, { seen }: ScanResult): void {
    const absent = [...seen].flatMap(([key, { t }]) => (t === 'absent' ? [key] : []));
    if (absent.length === 0 || unsoundBase(device).length > 0) return;
    for (const key of absent) {
      const row = device.journal.base.get(key);
      if (row && isThere(device, row))
        this.violate('I5', `${device.name}: ${row.localName} is there but called absent`);
    }
  }

  unexpected(device: Device, error: unknown): void {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    this.log(`${device.name} cycle failed: ${String(error)}`);
    if (/^E[A-Z]+$/.test(code)) return;
    this.violate('I0', `${device.name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  }

  // --- living -------------------------------------------------------------------------------------------------------------

  async #live(): Promise<void> {
    const [first, rest] = [this.#plan.steps.slice(0, 12), this.#plan.steps.slice(12)];
    // What is there before the first sync.
    for (const step of first) if (step.what.t === 'act') this.#act(step, { ...step.what, inside: null });
    for (const device of this.devices) device.start();
    for (const step of [...first.filter(({ what }) => what.t !== 'act'), ...rest]) await this.#step(step);
    for (const step of this.#plan.spare?.steps ?? []) {
      if (!this.#isLacking(step)) continue;
      this.#spared.push(step);
      await this.#step(step);
    }
    await this.#pass(5000);
  }

  async #step(step: Step): Promise<void> {
    await this.#pass(step.gapMs);
    this.#take(step);
    this.#checkBytes();
  }

  #isLacking(step: Step): boolean {
    const what = countsAs(step);
    return this.#stats()[what] < (this.#plan.spare?.least[what] ?? 0);
  }

  async #pass(durationMs: number): Promise<void> {
    await this.scheduler.runUntil(this.scheduler.nowMs + durationMs);
    this.#stopOnFailure();
  }

  #stopOnFailure(): void {
    if (this.#failure) throw new Violation(this.#failure);
  }

  #take(step: Step): void {
    const { what } = step;
    if (what.t === 'act') return this.#act(step, what);
    const device = pick(this.devices, Math.max(0, step.who));
    if (!device) return;
    if (what.t === 'event') return this.#event(device, what);
    this.#arm(device, what);
  }

  #act(step: Step, { act, inside }: Extract<What, { t: 'act' }>): void {
    const person = step.who < 0 ? this.#console : pick(this.#people, step.who);
    const device = step.who < 0 ? pick(this.devices, act.x) : pick(this.devices, step.who);
    const perform = () => {
      if (!person?.do(act)) return;
      this.#acts += 1;
      this.log(`${step.who < 0 ? 'console' : device?.name} ${act.verb} ${act.x} ${act.y} ${act.z}`);
    };
    if (inside === null) perform();
    else device?.arm('call', inside, perform);
  }

  #arm(device: Device, what: Exclude<What, { t: 'act' | 'event' }>): void {
    const fired = (kind: string, at: string) => {
      this.#faults += 1;
      this.log(`${device.name} fault ${kind} at ${at}`);
    };
    switch (what.t) {
      case 'port':
        return device.arm('port', what.after, (at): PortFault => {
          fired(what.fault, at);
          return what.fault;
        });
      case 'call':
        return device.arm('call', what.after, (at) => {
          fired(what.fault, at);
          this.#failCall(device, what.fault, at);
        });
      case 'write':
        return device.arm('write', what.after, (at) => {
          fired('crash', at);
          device.crash('process');
          throw new ProcessGone();
        });
    }
  }

  #failCall(device: Device, fault: SyscallFault, at: string): void {
    if (fault !== 'crash' && fault !== 'power') throw new FsError(fault, at);
    device.crash(fault === 'power' ? 'power' : 'process');
    throw new ProcessGone();
  }

  #event(device: Device, { event, x }: Extract<What, { t: 'event' }>): void {
    this.log(`${device.name} event ${event} ${x}`);
    const nowMs = this.scheduler.nowMs;
    const { machine } = device;
    const events: Record<string, () => unknown> = {
      crash: () => device.crash('process'),
      pause: () => this.#pause(device, true),
      resume: () => this.#pause(device, false),
      filter: () => this.#filter(device, x),
      // With the root away at the same time, nobody could tell which folder it was: that needs a person (GU-3).
      recreate: () => machine.unplugged ?? device.replaceJournal(false),
      loseState: () => machine.unplugged ?? device.replaceJournal(true),
      hide: () => this.#restrict(device, { hide: x }),
      readOnly: () => this.#restrict(device, { readOnly: x }),
      grant: () => this.cloud.setSight(device.name, { hidden: new Set(), readOnly: new Set() }),
      fill: () => void (device.machine.isFull = true),
      free: () => void (device.machine.isFull = false),
      quota: () => void (this.cloud.roomBytes = x % 50),
      room: () => void (this.cloud.roomBytes = null),
      unplug: () => this.#unplug(device, x % 2 === 0),
      replug: () => this.#replug(device),
      backup: () => this.cloud.takeBackup(),
      restoreServer: () => this.#restoreServer(),
      clock: () => void (device.skewMs += (x % 3 === 0 ? -1 : 1) * (x % 2 === 0 ? DAY_MS : 40 * MINUTE_MS)),
      deaf: () => void (device.deafUntilMs = device.nowMs() + x * 300),
      unpoked: () => void (device.pokeDeafUntilMs = nowMs + x * 300),
      offline: () => void (device.offlineUntilMs = nowMs + x * 100),
      forgetFeed: () => this.cloud.forgetFeed(),
      approve: () => this.#answerHolds(device, 'approve'),
      bringBack: () => this.#answerHolds(device, 'restore'),
      syncNow: () => void device.process?.supervisor.request(),
      install: () => {
        const config = this.#plan.devices[1 + (x % 2)];
        if (config && this.devices.length < 4) this.#install(config).start();
      },
      late: () => this.#people[device.number - 1]?.writeLate(0),
      long: () => this.scheduler.skip(11 * MINUTE_MS),
    };
    events[event]?.();
  }

  #install(config: Plan['devices'][number]): Device {
    const device = new Device(this, this.devices.length + 1, config);
    this.devices.push(device);
    this.#people.push(new Person(device, this.#ledger));
    const watch = new DeviceWatch(device, this.#ever, (invariant, message) => this.violate(invariant, message));
    this.#watches.push(watch);
    device.onTrashed = (name) => watch.trashed(name);
    device.onCrash = (_kind, crash) => {
      const unsafe = this.#ledger.unsafeOn(device);
      crash();
      this.#ledger.forgive(unsafe);
    };
    return device;
  }

  #pause(device: Device, isPaused: boolean): void {
    device.isPaused = isPaused;
    device.process?.supervisor.setPause('user', isPaused);
  }

  #filter(device: Device, x: number): void {
    const filters = [[], ['b'], ['*.txt'], ['c/'], ['a', '!a/']];
    device.exclude = filters[x % filters.length] ?? [];
    device.process?.supervisor.settingsChanged();
  }

  #restrict(device: Device, { hide, readOnly }: { hide?: number; readOnly?: number }): void {
    const before = this.cloud.sights.get(device.name) ?? { hidden: new Set<string>(), readOnly: new Set<string>() };
    const folders = this.cloud.below(ROOT_ID).filter((node) => node.kind === 'folder');
    const folder = pick(folders, hide ?? readOnly ?? 0)?.id ?? ROOT_ID;
    const sight: Sight = {
      hidden: hide === undefined ? before.hidden : new Set([...before.hidden, folder]),
      readOnly: readOnly === undefined ? before.readOnly : new Set([...before.readOnly, folder]),
    };
    this.cloud.setSight(device.name, sight);
  }

  #unplug(device: Device, leavesMountPoint: boolean): void {
    const { machine, home } = device;
    const root = machine.find(home, 'root');
    // Before the first look nobody knows which folder it was.
    if (!root || machine.unplugged || device.journal.meta().rootIdentity === null) return;
    machine.unplugged = root;
    home.entries.delete(machine.key('root'));
    root.parent = null;
    if (leavesMountPoint && !machine.isFull) machine.create(home, 'root', { kind: 'folder' });
    machine.changes += 1;
    device.acts += 1;
  }

  #replug(device: Device): void {
    const { machine, home } = device;
    const root = machine.unplugged;
    if (!root) return;
    machine.unplugged = null;
    root.parent = home;
    home.entries.set(machine.key('root'), { name: 'root', inode: root });
    machine.changes += 1;
    device.acts += 1;
  }

  /** What only the newer server had is the operator's loss. */
  #restoreServer(): void {
    if (!this.cloud.hasBackup) return;
    const before = new Set(this.#ledger.held());
    this.cloud.restoreBackup();
    this.#ledger.pardonDisplaced(before);
  }

  #answerHolds(device: Device, answer: 'approve' | 'restore'): void {
    const { process, journal } = device;
    const watch = this.#watches[device.number - 1];
    if (!process || process.isRunning) return;
    for (const hold of journal.holds()) {
      if (hold.answer !== null) continue;
      if (answer === 'approve') for (const id of hold.ids) watch?.consented.add(id);
      journal.answerHold(hold.holdId, answer === 'approve' ? 'approved' : 'restored');
      process.supervisor.check();
    }
  }

  #poke(): void {
    for (const device of this.devices) {
      if (this.scheduler.nowMs < device.pokeDeafUntilMs) continue;
      this.scheduler.after(5 + this.chance(100), () => {
        if (device.process?.isAlive) device.process.supervisor.nudge();
      });
    }
  }

  #checkBytes(): void {
    const [lost] = this.#ledger.lost();
    if (lost !== undefined) this.violate('I1', `${lost} is nowhere any more`);
    this.#stopOnFailure();
  }

  // --- resting ------------------------------------------------------------------------------------------------------------

  /** People go home, nothing fails any more: everything becomes equal, and stays so. */
  async #rest(): Promise<void> {
    this.#calm();
    await this.#becomeEqual();
    // What a program wrote late to a file that was displaced comes back when its grace is over (R08): that is no idle round yet.
    this.scheduler.skip(11 * MINUTE_MS);
    await this.#becomeEqual();
    await this.#checkIdle();
    this.#checkSound();
    this.#checkWork();
    this.#stopOnFailure();
  }

  /** I2 */
  async #becomeEqual(): Promise<void> {
    let left: string[] = [];
    for (this.#rounds = 1; this.#rounds <= MAX_ROUNDS; this.#rounds++) {
      await this.#round();
      left = this.#left();
      if (left.length === 0) break;
      if (this.#rounds === ROUNDS_OF_PATIENCE) this.#clearTheWay();
      this.scheduler.skip(this.#rounds < 5 ? 11 * MINUTE_MS : 6 * 60 * MINUTE_MS);
    }
    if (left.length > 0) this.violate('I2', left.slice(0, 5).join('; '));
    this.#stopOnFailure();
  }

  /**
   * What is in the way may keep others waiting that nobody tells of, one for the name of the next (whole seeds 527 and 589): people do
   * what they were told to, and with that everything has to find its place.
   */
  #clearTheWay(): void {
    for (const device of this.devices) {
      for (const problem of device.journal.problems()) {
        if (!isDue(device, this.cloud, problem)) continue;
        if (this.#people[device.number - 1]?.moveOut(problem.path)) this.log(`${device.name} clears ${problem.path}`);
      }
    }
  }

  #calm(): void {
    this.log('everybody goes home');
    this.#calls = this.devices.map(({ calls }) => ({ ...calls }));
    this.cloud.roomBytes = null;
    for (const device of this.devices) {
      device.disarm();
      this.#replug(device);
      device.machine.isFull = false;
      this.cloud.setSight(device.name, { hidden: new Set(), readOnly: new Set() });
      this.#people[device.number - 1]?.closeAll();
      this.#pause(device, false);
    }
    this.#checkBytes();
  }

  async #round(): Promise<void> {
    for (const device of this.devices) {
      if (device.process) this.#answerHolds(device, 'approve');
      device.process?.supervisor.check();
    }
    await this.scheduler.begun();
    await this.#pass(40_000);
    this.#checkBytes();
  }

  #left(): string[] {
    return this.devices.flatMap((device) => {
      const undue = device.journal.problems().filter((problem) => !isDue(device, this.cloud, problem));
      const problems = undue.map(({ path, code }) => `${path} has the problem ${code}`);
      const stop = device.lastReport?.stop ? [`stopped: ${JSON.stringify(device.lastReport.stop)}`] : [];
      const { localOverlay, cloudOverlay, unfinished } = overlaysOf(device);
      const found = [...stop, ...problems, ...differences(device, this.cloud)];
      const open = [`${localOverlay} local and ${cloudOverlay} cloud entries and ${unfinished} operations are open`];
      const isOpen =
        device.config.mode === 'bidirectional' &&
        device.exclude.length === 0 &&
        localOverlay + cloudOverlay + unfinished > entriesThatStay(device, this.cloud);
      return [...found, ...(isOpen ? open : [])].map((each) => `${device.name}: ${each}`);
    });
  }

  /** I3: one more look at everything does nothing. */
  async #checkIdle(): Promise<void> {
    const before = this.devices.map((device) => device.opsStarted);
    const seq = this.cloud.seq;
    await this.#round();
    this.devices.forEach((device, index) => {
      const ops = device.opsStarted - (before[index] ?? 0);
      // What is in the way is tried again (G26), and nothing may come of it.
      const triesAgain = device.journal.problems().length > 0;
      if (ops > 0 && !triesAgain) {
        this.violate('I3', `${device.name} did ${ops} operations although everything was equal`);
      }
    });
    const [difference] = this.#left();
    if (difference !== undefined) this.violate('I3', `${difference} after one more look`);
    if (this.cloud.seq !== seq) this.violate('I3', 'the cloud changed although everything was equal');
  }

  /** I9 */
  #checkSound(): void {
    for (const device of this.devices) {
      for (const what of unsoundBase(device)) this.violate('I9', `${device.name}: ${what}`);
    }
    for (const what of unsoundCloud(this.cloud)) this.violate('I9', what);
  }

  /** I12 */
  #checkWork(): void {
    const { acts, faults, crashes, ops } = this.#stats();
    const limit = OPS_PER_CHANGE * (acts + faults + 10 * crashes + 20);
    if (ops > limit)
      this.violate('I12', `${ops} operations for ${acts} changes, ${faults} faults and ${crashes} crashes`);
  }

  #stats(): Stats {
    const sum = (of: (device: Device) => number) => this.devices.reduce((total, device) => total + of(device), 0);
    return {
      ...{ acts: this.#acts, faults: this.#faults, crashes: sum((device) => device.crashes) },
      ...{ cycles: sum((device) => device.cycles), ops: sum((device) => device.opsStarted) },
      ...{ rounds: this.#rounds, steps: this.scheduler.steps },
    };
  }
}

function overlaysOf({ journal }: Device) {
  return {
    localOverlay: journal.localOverlay().size,
    cloudOverlay: journal.cloudOverlay().size,
    unfinished: journal.unfinished().length,
  };
}

function isThere(device: Device, { parent, localName, kind, sig }: BaseNode): boolean {
  const folder = placeOf(device, parent);
  const there = folder && device.machine.find(folder, localName);
  return there?.kind === kind && BigInt(there.ino) === sig?.fileId && there.birthNs === sig.birthNs;
}

function placeOf(device: Device, id: number): Inode | undefined {
  const { journal, machine, root } = device;
  const row = journal.base.get(id);
  if (!row || !root) return undefined;
  if (row.id === row.parent) return root;
  const parent = placeOf(device, row.parent);
  return parent && machine.find(parent, row.localName);
}

function show(device: Device): string {
  const json = (value: unknown) =>
    JSON.stringify(value, (_key, each: unknown) => (typeof each === 'bigint' ? String(each) : each));
  const { journal, root } = device;
  const tree: string[] = [];
  const walk = (folder: Inode, at: string): void => {
    for (const { name, inode } of folder.entries.values()) {
      tree.push(`${at}${name} ${inode.kind} ${inode.ino}/${inode.birthNs}`);
      walk(inode, `${at}${name}/`);
    }
  };
  if (root) walk(root, '');
  const overlays = [json([...journal.localOverlay()]), json([...journal.cloudOverlay()])];
  return [...tree, ...journal.base.rows().map(json), ...overlays, json(journal.problems())].join('\n');
}
