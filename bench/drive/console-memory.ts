import { readFileSync } from 'node:fs';
import { UsageMeter } from '../usage.ts';

/**
 * Memory of the console while it works: of its process alone (RSS), and with its PostgreSQL (PSS), whose share grows until all of its
 * buffers were touched.
 */
export class ConsoleMemory {
  readonly #pid: number;
  readonly #own: number[] = [];
  #wholeMiB = 0;

  constructor(pid: number) {
    this.#pid = pid;
  }

  sample(): void {
    const meter = new UsageMeter(this.#pid);
    meter.sample();
    this.#wholeMiB = Math.max(this.#wholeMiB, meter.result().peakMiB);
    const status = readFileSync(`/proc/${this.#pid}/status`, 'utf8');
    this.#own.push(Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1024));
  }

  /** Samples again and again until `work` is done. */
  async during<T>(work: () => Promise<T>, everyMs = 500): Promise<T> {
    const timer = setInterval(() => this.sample(), everyMs);
    try {
      return await work();
    } finally {
      clearInterval(timer);
    }
  }

  get peakMiB(): number {
    return Math.max(...this.#own);
  }

  get peakWithDatabaseMiB(): number {
    return this.#wholeMiB;
  }

  /** The last third needs hardly more than the first. */
  isFlat(): boolean {
    const third = Math.ceil(this.#own.length / 3);
    return Math.max(...this.#own.slice(-third)) <= Math.max(...this.#own.slice(0, third)) * 1.25 + 32;
  }

  toldByPage(): string {
    const [first = 0] = this.#own;
    const own = `${first} MiB at the first page, ${this.peakMiB} at most, ${this.#own.at(-1) ?? first} at the last`;
    return `${own}; with PostgreSQL ${this.#wholeMiB} MiB at most`;
  }
}
