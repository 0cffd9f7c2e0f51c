import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

type Collect = (how: {
  readonly type: 'major' | 'minor';
  readonly execution?: 'sync';
  readonly flavor?: 'last-resort';
}) => void;

let collector: Collect | undefined;

/** V8's collector, which it shows to contexts that are made while the flag is set. */
export function exposeCollector(): Collect {
  return (collector ??= expose());
}

function expose(): Collect {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as Collect;
  setFlagsFromString('--no-expose-gc');
  return collect;
}
