/** Runs one task at a time and keeps only the newest that waits: a snapshot makes the one before it worthless. */
export class LatestOnly {
  private running: Promise<void> | undefined;
  private waiting: (() => Promise<void>) | undefined;

  run(task: () => Promise<void>): Promise<void> {
    this.waiting = task;
    this.running ??= this.drain();
    return this.running;
  }

  private async drain(): Promise<void> {
    try {
      while (this.waiting) {
        const task = this.waiting;
        this.waiting = undefined;
        await task();
      }
    } finally {
      this.running = undefined;
    }
  }
}
