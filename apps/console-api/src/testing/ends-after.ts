/** A signal of which so many questions are answered by no: the time of a run is over after so many slices. */
export function endsAfter(slices: number): AbortSignal {
  let left = slices;
  const signal = new AbortController().signal;
  Object.defineProperty(signal, 'aborted', { get: () => (left -= 1) < 0 });
  return signal;
}
