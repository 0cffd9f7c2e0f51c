import { spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { PeerFigure } from './engine-row.ts';

const PEERS = ['rsync', 'unison', 'rclone', 'syncthing'];
/** Minutes for 100,000 small files, and no aim is set against them there. */
const SLOW_WITH_MANY = new Set(['rclone', 'syncthing']);

type Sizes = { readonly files: number; readonly tiny: number; readonly bigMib: number };

/** The same works by those of the other tools that are on this machine; says which are not. */
export async function runPeers(loads: readonly string[], sizes: Sizes): Promise<PeerFigure[]> {
  const present = PEERS.filter(isInstalled);
  const absent = PEERS.filter((peer) => !present.includes(peer));
  if (absent.length > 0)
    console.error(`not on this machine: ${absent.join(', ')} (bench/README.md says how to get them)`);
  const figures: PeerFigure[] = [];
  for (const peer of present) {
    const wanted = loads.filter((load) => load !== 'tiny' || !SLOW_WITH_MANY.has(peer));
    if (wanted.length > 0) figures.push(...(await runPeer(peer, wanted, sizes)));
  }
  return figures;
}

async function runPeer(peer: string, loads: readonly string[], { files, tiny, bigMib }: Sizes): Promise<PeerFigure[]> {
  const work = mkdtempSync(join(tmpdir(), 'tideline-peers-'));
  const sizes = ['--small', String(files), '--noop', String(tiny), '--big-mib', String(bigMib)];
  const args = [join(import.meta.dirname, '../peers.mjs'), '--peers', peer, '--loads', loads.join(','), ...sizes];
  try {
    const output = await outputOf([...args, '--work', work]);
    const lines = output.split('\n').filter((line) => line.startsWith('{'));
    return lines.map((line) => JSON.parse(line) as PeerFigure);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function outputOf(args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.once('error', reject);
    child.once('close', () => resolve(output));
  });
}

function isInstalled(name: string): boolean {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
