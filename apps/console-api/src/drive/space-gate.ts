/** More requests of one space than these would only hold connections while they wait for its lock. */
const AT_ONCE = 4;

/**
 * Lets a few commits of a space at a time go to the database, in the order in which they came; the others wait here, where
 * waiting costs nothing. What waits is bounded by the requests that the server has open. Only a courtesy to the pool of
 * connections: the order of commits is the database's row lock, also between several consoles.
 */
export class SpaceGate {
  readonly #spaces = new Map<string, { inside: number; readonly waiting: (() => void)[] }>();

  async pass<T>(spaceId: string, work: () => Promise<T>): Promise<T> {
    const space = this.#spaces.get(spaceId) ?? { inside: 0, waiting: [] };
    this.#spaces.set(spaceId, space);
    if (space.inside >= AT_ONCE) await new Promise<void>((enter) => space.waiting.push(enter));
    else space.inside += 1;
    try {
      return await work();
    } finally {
      const next = space.waiting.shift();
      if (next)
        next(); // takes over our place
      else if ((space.inside -= 1) === 0) this.#spaces.delete(spaceId);
    }
  }
}
