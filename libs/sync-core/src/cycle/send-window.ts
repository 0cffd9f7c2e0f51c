/** Work that goes on at once, at most `size` pieces of it. The first failure is told by the next call. */
export class SendWindow {
  readonly #size: number;
  readonly #running = new Set<Promise<void>>();
  #failures: unknown[] = [];

  constructor(size: number) {
    this.#size = size;
  }

  /** Resolves when the work has begun, which is when there is room for it. */
  async begin(work: () => Promise<void>): Promise<void> {
    await this.hasRoom();
    this.#tell();
    const running = work()
      .catch((error: unknown) => void this.#failures.push(error))
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  /** Resolves when the next piece of work would begin at once. */
  async hasRoom(): Promise<void> {
    while (this.#running.size >= this.#size) await Promise.race(this.#running);
  }

  /** Resolves when nothing runs any more. */
  async settled(): Promise<void> {
    await Promise.all(this.#running);
    this.#tell();
  }

  #tell(): void {
    if (this.#failures.length > 0) throw this.#failures[0];
  }
}
