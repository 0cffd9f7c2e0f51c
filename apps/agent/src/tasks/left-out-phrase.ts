import type { LeftOut } from '../local-api/messages.ts';

/** Ends a sentence: `left out by *.bak`. */
export function leftOutPhrase({ by, pattern }: LeftOut): string {
  switch (by) {
    case 'always':
      return `left out always (${pattern})`;
    case 'filter':
      return pattern === undefined ? "left out by the task's filters" : `left out by ${pattern}`;
    case 'link':
      return 'left out: it is a link';
    case 'socket':
      return 'left out: it is a socket';
    case 'pipe':
      return 'left out: it is a pipe';
    case 'device':
      return 'left out: it is a device';
    case 'mount':
      return 'left out: another file system is mounted there';
  }
}
