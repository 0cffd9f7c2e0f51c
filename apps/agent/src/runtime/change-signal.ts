/** Lets several waiters await the next change, whatever it is. Holds nothing but the waiters. */
export class ChangeSignal {
  private next = Promise.withResolvers<void>();

  notify(): void {
    const { resolve } = this.next;
    this.next = Promise.withResolvers<void>();
    resolve();
  }

  /** Resolves with the first change after this call; rejects with the signal's reason when it is aborted. */
  async changed(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const aborted = Promise.withResolvers<never>();
    const onAbort = () => aborted.reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await Promise.race([this.next.promise, aborted.promise]);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }
}
