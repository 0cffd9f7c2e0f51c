/** Chance that a seed repeats (mulberry32). */
export class Chance {
  readonly seed: number;
  #state: number;

  constructor(seed: number) {
    this.seed = seed;
    this.#state = seed >>> 0;
  }

  /** 0 ≤ x < 1 */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  pick<T>(items: readonly T[]): T | undefined {
    return items[this.below(items.length)];
  }

  bytes(size: number): Buffer {
    const buffer = Buffer.allocUnsafe(size);
    for (let at = 0; at < size; at += 1) buffer[at] = this.below(256);
    return buffer;
  }

  /** Words, not noise: random bytes everywhere look like an encryption attack, which is another test (GU-2). */
  text(size: number): Buffer {
    const words: string[] = [];
    for (let length = 0; length < size; length += 8)
      words.push(WORDS[this.below(WORDS.length)] ?? '', String(this.below(100)));
    return Buffer.from(words.join(' ')).subarray(0, size);
  }
}

const WORDS = ['tide', 'line', 'wave', 'shore', 'moon', 'sand', 'reef', 'gull'];
