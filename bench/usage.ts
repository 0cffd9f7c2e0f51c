import { readFileSync, readdirSync } from 'node:fs';

const TICKS_PER_SECOND = 100;

/** `faults`: pages of memory that the system had to bring in, each of which costs; most of them new memory that is touched first. */
export type Usage = { readonly cpuSeconds: number; readonly peakMiB: number; readonly faults: number };

/**
 * CPU time and memory of a process with everything below it (the console's PostgreSQL among it), from /proc.
 * Memory is the proportional share (PSS), so that PostgreSQL's shared buffers count once.
 */
export class UsageMeter {
  readonly #pid: number;
  readonly #isAlone: boolean;
  readonly #startTicks: number;
  readonly #startFaults: number;
  #peakKiB = 0;

  /** `isAlone`: without what is below it. */
  constructor(pid: number, { isAlone = false } = {}) {
    this.#pid = pid;
    this.#isAlone = isAlone;
    this.#startTicks = this.#ticks();
    this.#startFaults = this.#faults();
  }

  sample(): void {
    const kib = this.#members().reduce((sum, pid) => sum + pssKiB(pid), 0);
    this.#peakKiB = Math.max(this.#peakKiB, kib);
  }

  result(): Usage {
    const cpuSeconds = (this.#ticks() - this.#startTicks) / TICKS_PER_SECOND;
    const faults = this.#faults() - this.#startFaults;
    return { cpuSeconds, peakMiB: Math.round(this.#peakKiB / 1024), faults };
  }

  #ticks(): number {
    if (this.#isAlone) return sumOf(statOf(this.#pid).slice(11, 13)); // without children that have ended
    return this.#members().reduce((sum, pid) => sum + sumOf(statOf(pid).slice(11, 15)), 0);
  }

  #faults(): number {
    return this.#members().reduce((sum, pid) => sum + sumOf(statOf(pid).slice(7, this.#isAlone ? 8 : 9)), 0);
  }

  #members(): readonly number[] {
    return this.#isAlone ? [this.#pid] : family(this.#pid);
  }
}

function family(pid: number): readonly number[] {
  const parents = new Map<number, number[]>();
  for (const name of readdirSync('/proc')) {
    const parent = Number(statOf(Number(name))[1]);
    if (parent > 0) parents.set(parent, [...(parents.get(parent) ?? []), Number(name)]);
  }
  const found = [pid];
  for (const member of found) found.push(...(parents.get(member) ?? []));
  return found;
}

function sumOf(fields: readonly string[]): number {
  return fields.reduce((sum, field) => sum + Number(field), 0);
}

/** Fields of /proc/<pid>/stat from the state on, the 8th and 9th being page faults of its own and of children that have ended, the 12th to 15th being its own time and that of children that have ended; the name before it may hold blanks. */
function statOf(pid: number): readonly string[] {
  return read(pid, 'stat').split(') ').at(-1)?.split(' ') ?? [];
}

function pssKiB(pid: number): number {
  return Number(/^Pss:\s+(\d+)/m.exec(read(pid, 'smaps_rollup'))?.[1] ?? 0);
}

function read(pid: number, file: string): string {
  try {
    return Number.isInteger(pid) ? readFileSync(`/proc/${pid}/${file}`, 'utf8') : '';
  } catch {
    return ''; // it ended in the meantime
  }
}
