import { loadavg } from 'node:os';
import { engineTable, type EngineRow } from './engine-row.ts';
import { largeFile } from './large-file.ts';
import { runPeers } from './peers.ts';
import { EngineScene } from './scene.ts';
import { mediumFiles, smallFiles, tinyFiles } from './small-files.ts';

export type EngineOptions = {
  /** Names of works, all of them when empty. */
  readonly only: readonly string[];
  readonly files: number;
  readonly tiny: number;
  readonly medium: number;
  readonly bigMib: number;
  readonly peers: boolean;
  readonly profileFolder: string;
};

type WorkOptions = EngineOptions & { readonly isWanted: (work: string) => boolean };
type Part = {
  /** The first is what the part begins with; the others use what it leaves behind. */
  readonly works: readonly [string, ...string[]];
  readonly run: (scene: EngineScene, options: WorkOptions) => Promise<readonly EngineRow[]>;
};

/** Each part has a console and devices of its own, so that none pays for what another left behind. */
const PARTS: readonly Part[] = [
  { works: ['small', 'rename', 'latency'], run: smallFiles },
  { works: ['medium'], run: mediumFiles },
  { works: ['big', 'edit'], run: largeFile },
  { works: ['tiny', 'link'], run: tinyFiles },
];

/** The engine from disk to disk, A → console → B: a table, then one line of JSON per row. */
export async function runEngine(options: EngineOptions): Promise<void> {
  const isWanted = (work: string) => options.only.length === 0 || options.only.includes(work);
  const parts = PARTS.filter(({ works }) => works.some(isWanted));
  const rows: EngineRow[] = [];
  for (const part of parts) {
    const before = loadavg()[0] ?? 0;
    const scene = await EngineScene.open(options);
    try {
      rows.push(...(await part.run(scene, { ...options, isWanted })));
    } finally {
      await scene.close();
    }
    const load = `load of the machine before ${before.toFixed(1)}, after ${(loadavg()[0] ?? 0).toFixed(1)}`;
    console.error(`${part.works[0]} done; ${load}`);
  }
  const loads = rows.flatMap(({ load }) => load ?? []);
  const peers = options.peers ? await runPeers(loads, options) : [];
  console.log(engineTable(rows, peers));
  for (const row of [...rows, ...peers]) console.log(JSON.stringify(row));
}
