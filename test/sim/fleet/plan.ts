import { chanceOf, weighted } from './chance.ts';
import type { DeviceConfig, PortFault, SyscallFault } from './device.ts';
import { CLOUD_VERBS, DEVICE_VERBS, type Act } from './people.ts';
import type { Os } from './vfs/inode.ts';
import type { Chance } from './vfs/machine.ts';

/** What happens in a run besides what the agents do. `who`: a device, or -1 for the console and the server. */
export type Step = { readonly gapMs: number; readonly who: number; readonly what: What };
export type What =
  /** `inside`: in the middle of the engine's work, at its so many-th call from then; null: now. */
  | { readonly t: 'act'; readonly act: Act; readonly inside: number | null }
  | { readonly t: 'port'; readonly after: number; readonly fault: PortFault }
  | { readonly t: 'call'; readonly after: number; readonly fault: SyscallFault }
  | { readonly t: 'write'; readonly after: number }
  | { readonly t: 'event'; readonly event: string; readonly x: number };

export type Plan = {
  readonly seed: number;
  readonly devices: readonly DeviceConfig[];
  readonly steps: readonly Step[];
  /** People cannot do all they would, and not every fault meets a call: taken, one by one, for as long as too little happened. */
  readonly spare?: { readonly least: Least; readonly steps: readonly Step[] };
};

/** What must have happened in a run that counts. */
export type Least = { readonly acts: number; readonly faults: number; readonly crashes: number };

export type Size = {
  readonly acts: number;
  readonly faults: number;
  readonly crashes: number;
  readonly events: number;
  readonly least?: Least;
};
const LEAST: Least = { acts: 100, faults: 20, crashes: 1 };
export const WHOLE: Size = { acts: 110, faults: 30, crashes: 3, events: 14, least: LEAST };
/** What breaks in a few steps is found sooner, and understood. */
export const SMALL: Size = { acts: 22, faults: 3, crashes: 1, events: 3 };

const EVENT_WEIGHTS: readonly (readonly [string, number])[] = [
  ...([
    ['pause', 2],
    ['resume', 3],
    ['filter', 3],
    ['recreate', 2],
    ['loseState', 2],
    ['hide', 2],
    ['readOnly', 2],
  ] as const),
  ...([
    ['grant', 3],
    ['fill', 2],
    ['free', 3],
    ['quota', 2],
    ['room', 3],
    ['unplug', 2],
    ['replug', 3],
  ] as const),
  ...([
    ['backup', 3],
    ['restoreServer', 2],
    ['clock', 3],
    ['deaf', 4],
    ['unpoked', 4],
    ['offline', 4],
  ] as const),
  ...([
    ['forgetFeed', 2],
    ['approve', 3],
    ['bringBack', 2],
    ['syncNow', 3],
    ['install', 2],
    ['late', 5],
    ['long', 3],
  ] as const),
];

export function planOf(seed: number, size: Size = WHOLE, withHfs = WITH_HFS): Plan {
  const chance = chanceOf(seed);
  const devices = devicesOf(chance, withHfs);
  const steps: Step[] = [];
  const add = (what: What, who = chance(devices.length)) => steps.push({ gapMs: 0, who, what });
  for (let count = 0; count < size.acts; count++) steps.push(actStep(devices, chance));
  for (let count = 0; count < size.faults; count++) add(faultOf(chance));
  const crashes = size.crashes === 0 ? 0 : 1 + chance(size.crashes);
  for (let count = 0; count < crashes; count++) add(crashOf(chance));
  for (let count = 0; count < size.events; count++) {
    add({ t: 'event', event: weighted(EVENT_WEIGHTS, chance), x: chance(1000) });
  }
  const whole = { seed, devices, steps: timed(steps, chance) };
  return size.least ? { ...whole, spare: { least: size.least, steps: spareOf(whole) } } : whole;
}

const timed = (steps: readonly Step[], chance: Chance): Step[] =>
  shuffled(steps, chance).map((step) => ({ ...step, gapMs: gapOf(chance) }));

function actStep(devices: readonly DeviceConfig[], chance: Chance): Step {
  const isCloud = chance(4) === 0;
  const act = actOf(isCloud ? CLOUD_VERBS : DEVICE_VERBS, chance);
  const inside = chance(5) === 0 ? 1 + chance(60) : null;
  return { gapMs: 0, who: isCloud ? -1 : chance(devices.length), what: { t: 'act', act, inside } };
}

const SPARE: Least = { acts: 120, faults: 80, crashes: 20 };
/** Where most devices have no room, few steps come to something. */
const SPARE_ROUNDS = 8;

/** From a chance of their own, so that the steps before are what they would be without. */
function spareOf({ seed, devices }: Pick<Plan, 'seed' | 'devices'>): Step[] {
  const chance = chanceOf(seed ^ 0x2545f491);
  const resumed = devices.map((_, who): Step => ({ gapMs: 0, who, what: { t: 'event', event: 'resume', x: 0 } }));
  return Array.from({ length: SPARE_ROUNDS }, (_, round) => [
    ...(round === 0 ? [] : resumed),
    ...spareRound(devices, chance),
  ]).flat();
}

function spareRound(devices: readonly DeviceConfig[], chance: Chance): Step[] {
  const on = (what: What): Step => ({ gapMs: 0, who: chance(devices.length), what });
  return timed(
    [
      ...Array.from({ length: SPARE.acts }, () => actStep(devices, chance)),
      ...Array.from({ length: SPARE.faults }, () => on(faultOf(chance))),
      ...Array.from({ length: SPARE.crashes }, (_, count) => on(spareCrash(1 + chance(5), count))),
    ],
    chance,
  );
}

/** Every other one does not wait for a call: a paused task makes none. */
function spareCrash(after: number, count: number): What {
  return count % 2 === 0 ? { t: 'port', after, fault: 'crash' } : { t: 'event', event: 'crash', x: after };
}

/** What a step adds to, of that which must happen in a run. */
export function countsAs({ what }: Step): keyof Least {
  if (what.t === 'act') return 'acts';
  // A paused task makes no calls that could meet a fault.
  if (what.t === 'event') return what.event === 'resume' ? 'faults' : 'crashes';
  const isCrash = what.t === 'write' || ('fault' in what && /crash|power/.test(what.fault));
  return isCrash ? 'crashes' : 'faults';
}

/** The same with devices that decide about what is new folder by folder, as others do with tens of thousands of files. */
export function inSlices(plan: Plan): Plan {
  return { ...plan, devices: plan.devices.map((device) => ({ ...device, newsAtOnce: 0 })) };
}

/** HFS+ gives names back decomposed: runs of their own, so that a seed is the same fleet with other disks. */
const WITH_HFS = process.env['SIM_HFS'] !== undefined;

function devicesOf(chance: Chance, withHfs: boolean): DeviceConfig[] {
  const config = (os: Os, mode: DeviceConfig['mode']): DeviceConfig => ({
    ...{ os, mode, propagateDeletes: chance(3) === 0, storesNfd: os === 'darwin' && chance(2) === 0 && withHfs },
    noLinks: chance(6) === 0,
  });
  const any = (): Os =>
    weighted(
      [
        ['linux', 3],
        ['darwin', 2],
        ['win32', 2],
      ] as const,
      chance,
    );
  return [config('linux', 'bidirectional'), config(any(), 'bidirectional'), config(any(), 'upload')];
}

function actOf(verbs: readonly (readonly [string, number])[], chance: Chance): Act {
  return { verb: weighted(verbs, chance), x: chance(1000), y: chance(1000), z: chance(1000) };
}

function faultOf(chance: Chance): What {
  if (chance(3) === 0) {
    const fault = weighted<SyscallFault>(
      [
        ['EIO', 2],
        ['EBUSY', 3],
        ['EACCES', 2],
        ['ENOSPC', 1],
      ],
      chance,
    );
    return { t: 'call', after: 1 + chance(60), fault };
  }
  const fault = weighted<PortFault>(
    [
      ['before', 4],
      ['after', 5],
      ['slow', 3],
    ],
    chance,
  );
  return { t: 'port', after: 1 + chance(20), fault };
}

function crashOf(chance: Chance): What {
  switch (chance(4)) {
    case 0:
      return {
        t: 'port',
        after: 1 + chance(30),
        fault: weighted<PortFault>(
          [
            ['crash', 1],
            ['crash after', 1],
            ['power', 1],
          ],
          chance,
        ),
      };
    case 1:
      return { t: 'write', after: 1 + chance(20) };
    default:
      return {
        t: 'call',
        after: 1 + chance(150),
        fault: weighted<SyscallFault>(
          [
            ['crash', 1],
            ['power', 1],
          ],
          chance,
        ),
      };
  }
}

/** People work in bursts. */
function gapOf(chance: Chance): number {
  return weighted(
    [
      [chance(120), 10],
      [chance(4000), 4],
      [chance(90_000), 1],
    ],
    chance,
  );
}

function shuffled<T>(list: readonly T[], chance: Chance): T[] {
  const copy = [...list];
  for (let index = copy.length - 1; index > 0; index--) {
    const other = chance(index + 1);
    [copy[index], copy[other]] = [copy[other] as T, copy[index] as T];
  }
  return copy;
}
