import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runDrive } from './drive/run-drive.ts';
import { runSmall } from './small.ts';
import type { SmallResult } from './small.ts';

const USAGE = `USAGE: npm run bench -- small [--files 10000] [--size 4096] [--peers]
       npm run bench -- drive [--only commit,move,folder,feed,listing,transfer,permissions] [--batches 40] [--listed 1000000]
                                [--profile folder]`;
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    files: { type: 'string', default: '10000' },
    size: { type: 'string', default: '4096' },
    peers: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    batches: { type: 'string', default: '40' },
    listed: { type: 'string', default: '1000000' },
    profile: { type: 'string', default: '' },
  },
});
switch (positionals[0]) {
  case 'small':
    await small();
    break;
  case 'drive':
    await runDrive({
      only: values.only.split(',').filter((name) => name !== ''),
      batches: Number(values.batches),
      listed: Number(values.listed),
      profileFolder: values.profile,
    });
    break;
  default:
    console.error(USAGE);
    process.exit(2);
}

async function small(): Promise<void> {
  const result = await runSmall({ files: Number(values.files), sizeBytes: Number(values.size) });
  console.log(toTable(result));
  console.log(JSON.stringify(result));
  if (values.peers) console.log(comparePeers(result));
}

function toTable(found: SmallResult): string {
  const rows = [
    ['', 'CPU s', 'peak MiB'],
    ...(['console', 'agentA', 'agentB'] as const).map((name) => [
      name,
      found[name].cpuSeconds.toFixed(1),
      String(found[name].peakMiB),
    ]),
  ];
  return [
    `${found.files} files of ${found.sizeBytes} bytes, from A's task until B has all: ${found.seconds.toFixed(1)} s`,
    `first on B ${found.firstOnB} s, half ${found.halfOnB} s, A up to date ${found.upToDateA} s`,
    ...rows.map((row) => row.map((cell, at) => (at === 0 ? cell.padEnd(10) : cell.padStart(10))).join('')),
  ].join('\n');
}

/** The same work by other tools in the same run, and our time as a multiple of theirs. */
function comparePeers({ files, seconds }: SmallResult): string {
  const args = [join(import.meta.dirname, 'peers.mjs'), '--loads', 'small', '--small', String(files)];
  const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
  return lines
    .map((line) => JSON.parse(line) as { peer: string; seconds?: number; error?: string })
    .map((found) =>
      found.seconds === undefined
        ? `${found.peer}: not measured (${found.error ?? 'no answer'})`
        : `${found.peer}: ${found.seconds} s, Tideline takes ${(seconds / found.seconds).toFixed(1)} times as long`,
    )
    .join('\n');
}
