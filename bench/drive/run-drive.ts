import { loadavg } from 'node:os';
import { runCommitBench } from './commit-bench.ts';
import { runHugeBench } from './huge-file.ts';
import { runPermissionBench } from './permissions.ts';
import { runPurgeBench } from './purge-bench.ts';
import { toTable, type BenchRow } from './row.ts';
import { DriveScene } from './scene.ts';
import { runTransferBench } from './transfer.ts';
import { runFeedBench, runFolderMoveBench, runListingBench, runMoveBench } from './tree-bench.ts';

export type DriveOptions = {
  /** Names of works, all of them when empty. */
  readonly only: readonly string[];
  readonly batches: number;
  readonly listed: number;
  /** Size of the file of the work `huge`. */
  readonly hugeGiB: number;
  /** Folder for a CPU profile of each console; empty: none, since profiling costs time. */
  readonly profileFolder: string;
};

type Work = (scene: DriveScene, options: DriveOptions) => Promise<readonly BenchRow[]>;

/** In this order; each has a console of its own, so that none pays for what another left behind. */
const WORKS: Readonly<Record<string, Work>> = {
  commit: (scene, { batches }) => runCommitBench(scene, { batches }),
  move: async (scene) => [await runMoveBench(scene)],
  folder: async (scene) => [await runFolderMoveBench(scene)],
  purge: async (scene) => [await runPurgeBench(scene)],
  feed: async (scene) => [await runFeedBench(scene)],
  listing: async (scene, { listed }) => [await runListingBench(scene, listed)],
  transfer: (scene) => runTransferBench(scene),
  huge: (scene, { hugeGiB }) => runHugeBench(scene, hugeGiB),
  permissions: (scene) => runPermissionBench(scene),
};

/** The drive under work: a table, then one line of JSON per row. */
export async function runDrive(options: DriveOptions): Promise<void> {
  const rows: BenchRow[] = [];
  for (const [name, work] of Object.entries(WORKS)) {
    if (options.only.length > 0 && !options.only.includes(name)) continue;
    const load = loadavg()[0] ?? 0;
    const scene = await DriveScene.open(profiled(options.profileFolder));
    try {
      rows.push(...(await work(scene, options)));
    } finally {
      await scene.close();
    }
    console.error(
      `${name} done; load of the machine before ${load.toFixed(1)}, after ${(loadavg()[0] ?? 0).toFixed(1)}`,
    );
  }
  console.log(toTable(rows));
  for (const row of rows) console.log(JSON.stringify(row));
}

function profiled(folder: string): Readonly<Record<string, string>> {
  return folder === '' ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${folder}` };
}
