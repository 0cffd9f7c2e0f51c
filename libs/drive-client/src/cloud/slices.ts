/** Cuts a list into runs of at most `size`, in order. */
export function* slices<T>(list: readonly T[], size: number): Generator<readonly T[]> {
  for (let at = 0; at < list.length; at += size) yield list.slice(at, at + size);
}

/** Cuts a list into runs of at most `packItems` and `packBytes`, in order; one larger element stands alone. */
export function* sliceBySize<T>(
  list: readonly T[],
  { packItems, packBytes }: { packItems: number; packBytes: number },
  sizeOf: (element: T) => number,
): Generator<readonly T[]> {
  let run: T[] = [];
  let bytes = 0;
  for (const element of list) {
    const size = sizeOf(element);
    if (run.length > 0 && (run.length === packItems || bytes + size > packBytes)) {
      yield run;
      run = [];
      bytes = 0;
    }
    run.push(element);
    bytes += size;
  }
  if (run.length > 0) yield run;
}
