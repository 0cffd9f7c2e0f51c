export type GroupRules<Job> = {
  /** Groups of one key under way at once. */
  readonly atOnce: number;
  /** What a group of several jobs may weigh; a heavier job goes alone. */
  readonly maxWeight: number;
  readonly weightOf: (job: Job) => number;
  /** A job that must be the first of its group. */
  readonly mustLead: (job: Job) => boolean;
};
type Waiting<Job, Answer> = {
  readonly job: Job;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (reason: unknown) => void;
};
type Line<Job, Answer> = { underWay: number; riding: number; readonly waiting: Waiting<Job, Answer>[] };

/**
 * Jobs of one key wait in the order in which they came. Whenever there is room for one more group, those who wait become one, as
 * many as the rules allow: alone when nobody else waits, so that a group costs nobody time. What waits is bounded by the requests
 * that the server has open.
 */
export class GroupQueue<Job, Answer> {
  readonly #lines = new Map<string, Line<Job, Answer>>();
  readonly #rules: GroupRules<Job>;
  readonly #run: (jobs: readonly [Job, ...Job[]]) => Promise<readonly PromiseSettledResult<Answer>[]>;

  /** `run` answers one result per job, in their order; when it throws, all of them failed. */
  constructor(
    rules: GroupRules<Job>,
    run: (jobs: readonly [Job, ...Job[]]) => Promise<readonly PromiseSettledResult<Answer>[]>,
  ) {
    this.#rules = rules;
    this.#run = run;
  }

  add(key: string, job: Job): Promise<Answer> {
    const line = this.#lines.get(key) ?? { underWay: 0, riding: 0, waiting: [] };
    this.#lines.set(key, line);
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    line.waiting.push({ job, resolve, reject });
    this.#advance(key, line);
    return promise;
  }

  /** Jobs that do nothing by themselves now: they wait for their turn, or ride in a group that another one leads. */
  get restingJobs(): number {
    let resting = 0;
    for (const { riding, waiting } of this.#lines.values()) resting += riding + waiting.length;
    return resting;
  }

  #advance(key: string, line: Line<Job, Answer>): void {
    while (line.underWay < this.#rules.atOnce) {
      const [first, ...others] = this.#takeGroup(line.waiting);
      if (!first) break;
      line.underWay += 1;
      line.riding += others.length;
      void this.#settle([first, ...others]).finally(() => {
        line.underWay -= 1;
        line.riding -= others.length;
        this.#advance(key, line);
      });
    }
    if (line.underWay === 0) this.#lines.delete(key);
  }

  #takeGroup(waiting: Waiting<Job, Answer>[]): Waiting<Job, Answer>[] {
    const { weightOf, mustLead, maxWeight } = this.#rules;
    let weight = 0;
    const end = waiting.findIndex(({ job }, index) => {
      weight += weightOf(job);
      return index > 0 && (weight > maxWeight || mustLead(job));
    });
    return waiting.splice(0, end < 0 ? waiting.length : end);
  }

  async #settle(group: readonly [Waiting<Job, Answer>, ...Waiting<Job, Answer>[]]): Promise<void> {
    const [first, ...others] = group;
    try {
      const results = await this.#run([first.job, ...others.map(({ job }) => job)]);
      group.forEach(({ resolve, reject }, index) => {
        const result = results[index];
        if (result?.status === 'fulfilled') resolve(result.value);
        else reject(result?.reason ?? new Error('a job of a group was not answered'));
      });
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }
}
