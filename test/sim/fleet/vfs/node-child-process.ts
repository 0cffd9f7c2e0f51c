import { syncMachineOf } from './node-fs.ts';

/** The one program the disk calls: `sync -f folder`. */
export function execFileSync(_program: string, args: readonly string[]): void {
  syncMachineOf(args.at(-1) ?? '');
}
