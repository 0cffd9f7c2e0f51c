import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { openDataSource } from '../../database/data-source.ts';
import { startEmbeddedDatabase } from '../../database/database.ts';
import { chunkOf, DriveWorld, ops } from './drive-world.ts';

/**
 * By hand: `node dist/drive/testing/commit-benchmark.js [files] [clients]`. Commits files of 4 KiB in batches of 500 with inline
 * bytes, on a database and disk with every flush on. Says files per second and where the time of a batch goes.
 */
const BATCH = 500;
const FILE_BYTES = 4096;

async function main(files: number, clients: number): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tideline-bench-'));
  await chmod(folder, 0o711);
  const database = await startEmbeddedDatabase(folder);
  const dataSource = await openDataSource(database.url);
  const world = await DriveWorld.on({ url: database.url, dataSource, drop: () => dataSource.destroy() });
  try {
    await run(world, { batches: Math.ceil(files / BATCH), clients });
  } finally {
    const [file] = await world.sql<{ text: string }>(`SELECT pg_read_file('postmaster.pid') AS text`);
    await world.close();
    const seconds = await childCpuSeconds(Number.parseInt(file?.text ?? '', 10));
    console.log(`PostgreSQL used ${seconds.toFixed(2)} s of CPU, its start included`);
    await database.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Linux only: CPU time of ended children, that is of the connections that were closed. */
async function childCpuSeconds(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[13]) + Number(fields[14])) / 100;
}

async function run(world: DriveWorld, work: { readonly batches: number; readonly clients: number }): Promise<void> {
  const { device, spaceId, rootId } = await world.owner();
  const prepared = Array.from({ length: work.batches }, (_, index) => prepare(rootId, index));
  const times: number[] = [];
  const tellStatements = timeStatements();
  const cpu = process.cpuUsage();
  const startedMs = performance.now();
  const client = async () => {
    for (let batch = prepared.pop(); batch; batch = prepared.pop()) {
      const beganMs = performance.now();
      await world.commit(device, spaceId, batch.operations, { inline: batch.inline });
      times.push(performance.now() - beganMs);
    }
  };
  await Promise.all(Array.from({ length: work.clients }, client));
  const seconds = (performance.now() - startedMs) / 1000;
  const used = process.cpuUsage(cpu);
  times.sort((one, other) => one - other);
  const at = (share: number) => Math.round(times[Math.floor(times.length * share)] ?? 0);
  const perSecond = Math.round((work.batches * BATCH) / seconds);
  console.log(`${work.batches * BATCH} files, ${work.clients} clients: ${seconds.toFixed(2)} s, ${perSecond} files/s`);
  console.log(`batch p50 ${at(0.5)} ms, p95 ${at(0.95)} ms; own CPU ${((used.user + used.system) / 1e6).toFixed(2)} s`);
  tellStatements();
}

type Send = (asked: string | { readonly text: string }, ...rest: unknown[]) => unknown;

/** Sums the time of statements by their first words; waiting for a busy machine counts too. */
function timeStatements(): () => void {
  const spent = new Map<string, number>();

  const send = Reflect.get(pg.Client.prototype, 'query') as Send;
  Reflect.set(pg.Client.prototype, 'query', async function timed(this: pg.Client, ...of: Parameters<Send>) {
    const beganMs = performance.now();
    try {
      return await (send.apply(this, of) as Promise<unknown>);
    } finally {
      const [asked] = of;
      const text = typeof asked === 'string' ? asked : asked.text;
      const name = text.replace(/\s+/g, ' ').trim().slice(0, 70);
      spent.set(name, (spent.get(name) ?? 0) + performance.now() - beganMs);
    }
  });
  return () => {
    const rows = [...spent].sort((one, other) => other[1] - one[1]).slice(0, 12);
    for (const [name, ms] of rows) console.log(`${Math.round(ms).toString().padStart(7)} ms  ${name}`);
  };
}

function prepare(rootId: Awaited<ReturnType<DriveWorld['owner']>>['rootId'], index: number) {
  const folder = ops.folder(rootId, `folder ${index}`);
  const inline = Array.from({ length: BATCH - 1 }, () => randomBytes(FILE_BYTES));
  const files = inline.map((bytes, each) => ops.file(folder.nodeId, `file ${each}`, { bytes }));
  inline.forEach(chunkOf);
  return { operations: [folder, ...files], inline };
}

await main(Number(process.argv[2] ?? 10_000), Number(process.argv[3] ?? 1));
