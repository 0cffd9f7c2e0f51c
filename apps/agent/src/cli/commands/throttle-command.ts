import { Option, type Command } from 'commander';
import type { Throttle, ThrottleHours } from '@tideline/contracts';
import { localRoutes } from '../../local-api/local-routes.ts';
import { onAction, type CliContext, type Outcome } from '../cli-context.ts';
import { parseRate } from '../rate.ts';
import { renderThrottle } from '../render-throttle.ts';
import { parseHours } from '../throttle-hours.ts';

export type ThrottleOptions = { up?: string; down?: string; hours?: ThrottleHours[] | false };

/** The same three options wherever a limit is set. */
export function addThrottleOptions(command: Command): Command {
  return command
    .option('--up <rate>', 'upload limit such as 500KB/s, or none')
    .option('--down <rate>', 'download limit such as 10MB/s, or none')
    .addOption(
      new Option(
        '--hours <hours>',
        'other limits in some hours of this device, such as "mon-fri 09:00-17:00 up=2MB/s down=none"; may be repeated',
      ).argParser(append),
    )
    .option('--no-hours', 'the same limits at all hours');
}

/** What was named of them. */
export function toThrottleChange({ up, down, hours }: ThrottleOptions, command: Command): Partial<Throttle> {
  const named = (name: string) => command.getOptionValueSource(name) === 'cli';
  return {
    ...(named('up') ? { uploadBytesPerSecond: parseRate(up ?? 'none') } : {}),
    ...(named('down') ? { downloadBytesPerSecond: parseRate(down ?? 'none') } : {}),
    ...(named('hours') ? { throttleHours: hours || [] } : {}),
  };
}

export function addThrottleCommand(program: Command, context: CliContext, outcome: Outcome): void {
  const command = addThrottleOptions(
    program
      .command('throttle')
      .description('Limits of this device over all its tasks; shows them, or changes what is named'),
  );
  onAction(command, { context, outcome }, async (options: ThrottleOptions) => {
    const change = toThrottleChange(options, command);
    const client = context.client();
    const answer =
      Object.keys(change).length === 0
        ? await client.call(localRoutes.throttle, {})
        : await client.call(localRoutes.changeThrottle, { body: change });
    return { json: answer, text: renderThrottle(answer) };
  });
}

function append(value: string, before: unknown): ThrottleHours[] {
  return [...(Array.isArray(before) ? (before as ThrottleHours[]) : []), parseHours(value)];
}
