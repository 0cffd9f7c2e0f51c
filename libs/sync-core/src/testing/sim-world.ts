import type { SyncPolicy } from '../model/policy.ts';
import type { DiskKind } from './disk-kind.ts';
import { handsInCloud, handsOnDisk } from './hands.ts';
import { SimCloud } from './sim-cloud.ts';
import { SimDevice, type Chance, type Decide } from './sim-device.ts';
import { perform, type Act } from './verbs.ts';

/** More rounds than this and the devices chase each other. */
const MAX_ROUNDS = 40;

/** Some devices, one drive, people at all of them, and a ledger of everything that was ever written. */
export class SimWorld {
  readonly cloud = new SimCloud();
  readonly devices: readonly SimDevice[];
  readonly #written = new Set<string>();
  readonly #destroyed = new Set<string>();
  #tokens = 0;

  /** `disks`: the kind of each device's disk, Linux where none is told. */
  constructor(options: {
    devices: number;
    policy?: Partial<SyncPolicy>;
    decide?: Decide;
    disks?: readonly DiskKind[];
    newsAtOnce?: number;
  }) {
    const { policy = {}, decide, disks = [], newsAtOnce } = options;
    this.devices = Array.from({ length: options.devices }, (_, index) => {
      const disk = disks[index];
      return new SimDevice(this.cloud, {
        ...{ number: index + 1, policy },
        ...(decide ? { decide } : {}),
        ...(disk ? { disk } : {}),
        ...(newsAtOnce === undefined ? {} : { newsAtOnce }),
      });
    });
  }

  act(act: Act): void {
    const device = this.devices[act.who % (this.devices.length + 1)];
    try {
      if (device)
        perform(
          handsOnDisk(device.disk, (token) => this.#mayDestroy(token)),
          act,
          this.#token(act.x),
        );
      else perform(handsInCloud(this.cloud), act, this.#token(act.x));
    } catch {
      // What the disk or the drive refuses, the person did not do.
    }
    for (const token of this.#held()) this.#written.add(token);
  }

  /** Cycles of all devices until none has anything to do. */
  rest(chance: Chance): void {
    let idle = 0;
    for (let round = 0; idle < this.devices.length; round++) {
      if (round > MAX_ROUNDS * this.devices.length) throw new Error('never comes to rest');
      const device = this.devices[round % this.devices.length];
      idle = device?.cycle(chance) === 0 ? idle + 1 : 0;
    }
  }

  /** Bytes that nobody destroyed and that are nowhere any more: there must be none, ever (SA-1). */
  lostTokens(): string[] {
    const held = this.#held();
    return [...this.#written].filter((token) => !held.has(token) && !this.#destroyed.has(token));
  }

  /** Bytes that stand in a folder or in the drive now, not only in some bin or history. */
  liveTokens(): Set<string> {
    const onDisks = this.devices.flatMap((device) =>
      [...device.disk.files.values()].flatMap((file) => file.token ?? []),
    );
    const inCloud = this.cloud.liveIds().flatMap((id) => this.cloud.live(id).node.contentId ?? []);
    return new Set([...onDisks, ...inCloud]);
  }

  #held(): Set<string> {
    const held = new Set([...this.cloud.tokens(), ...this.devices.flatMap((device) => device.disk.tokens())]);
    for (const token of held) this.#destroyed.delete(token);
    return held;
  }

  /** A person overwrites or removes bytes that are nowhere else: theirs to lose. */
  #mayDestroy(token: string): void {
    if (!this.#held().has(token)) this.#destroyed.add(token);
  }

  /** Now and then the same bytes twice: equal contents are never a conflict. */
  #token(x: number): string {
    if (x % 7 === 0 && this.#tokens > 0) return `t${1 + (x % this.#tokens)}`;
    this.#tokens += 1;
    return `t${this.#tokens}`;
  }
}
