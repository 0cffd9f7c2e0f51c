import { UsageMeter } from '../usage.ts';

/** What a busy machine leaves comparable: CPU, of the client (this process), of the console and of its PostgreSQL. */
export class CpuShares {
  readonly #own = process.cpuUsage();
  readonly #console: UsageMeter;
  readonly #whole: UsageMeter;

  constructor(consolePid: number) {
    this.#console = new UsageMeter(consolePid, { isAlone: true });
    this.#whole = new UsageMeter(consolePid);
  }

  /** In µs for each of `things`. */
  told(things: number, name: string): string {
    const { user, system } = process.cpuUsage(this.#own);
    const console = this.#console.result().cpuSeconds * 1e6;
    const postgres = this.#whole.result().cpuSeconds * 1e6 - console;
    const parts = [user + system, console, postgres].map((us) => us / things);
    const sum = parts.reduce((one, other) => one + other);
    return `CPU per ${name} of client, console, PostgreSQL: ${parts.map(Math.round).join(' + ')} = ${Math.round(sum)} µs`;
  }
}
