/** Told when the first of several runs begins and when the last has ended. */
export type Activity = { readonly busy: () => void; readonly idle: () => void };
const NOBODY: Activity = { busy: () => undefined, idle: () => undefined };

/** At most `size` runs at a time on this device; the others wait their turn in order. */
export class RunSlots {
  private readonly size: number;
  private free: number;
  private readonly waiting: (() => void)[] = [];
  private readonly activity: Activity;

  constructor(size: number, activity = NOBODY) {
    this.size = size;
    this.free = size;
    this.activity = activity;
  }

  /** Answers the release, or null when `signal` was aborted before the turn came. */
  async take(signal: AbortSignal): Promise<(() => void) | null> {
    if (signal.aborted) return null;
    if (this.free > 0) {
      if (this.free === this.size) this.activity.busy();
      this.free -= 1;
      return this.release();
    }
    const turn = Promise.withResolvers<'turn' | 'aborted'>();
    const onTurn = () => turn.resolve('turn');
    const onAbort = () => turn.resolve('aborted');
    this.waiting.push(onTurn);
    signal.addEventListener('abort', onAbort, { once: true });
    const outcome = await turn.promise;
    signal.removeEventListener('abort', onAbort);
    if (outcome === 'turn') return this.release();
    const index = this.waiting.indexOf(onTurn);
    if (index >= 0) this.waiting.splice(index, 1);
    else this.handOn(); // the turn came in the same moment
    return null;
  }

  private release(): () => void {
    let released = false;
    return () => {
      if (released) return;
      released = true;
      this.handOn();
    };
  }

  private handOn(): void {
    const next = this.waiting.shift();
    if (next) return next();
    this.free += 1;
    if (this.free === this.size) this.activity.idle();
  }
}
