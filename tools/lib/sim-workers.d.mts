/** Processes that play simulated fleets; `onAnswer` answers false when that is enough. */
export function startSimWorkers(
  count: number,
  options?: { readonly mutant?: string },
): {
  run(
    jobs: Iterable<object>,
    onAnswer: (answer: object, job: object) => boolean | void | Promise<boolean | void>,
  ): Promise<void>;
  stop(): Promise<unknown>;
};
