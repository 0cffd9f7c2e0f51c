import { formatBytes } from '../cli/format.ts';
import type { LeftOut } from '../local-api/messages.ts';

/** Ends a sentence: `left out by *.bak`. */
export function leftOutPhrase(leftOut: LeftOut): string {
  return leftOut.policy ? `${phraseOf(leftOut)}, as your organisation wants it` : phraseOf(leftOut);
}

function phraseOf({ by, pattern, maxFileBytes }: LeftOut): string {
  const phrases: Readonly<Record<LeftOut['by'], string>> = {
    always: `left out always (${pattern})`,
    filter: pattern === undefined ? "left out by the task's filters" : `left out by ${pattern}`,
    type: `left out: it is of type ${pattern}`,
    size: `left out: it is larger than ${formatBytes(maxFileBytes ?? 0)}`,
    link: 'left out: it is a link',
    socket: 'left out: it is a socket',
    pipe: 'left out: it is a pipe',
    device: 'left out: it is a device',
    mount: 'left out: another file system is mounted there',
  };
  return phrases[by];
}
