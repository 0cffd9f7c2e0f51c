import { createHash } from 'node:crypto';
import { ContentReader } from '../../blobs/content-reader.ts';
import { loadManifests } from '../../drive/content.store.ts';
import { DriveWorld } from '../../drive/testing/drive-world.ts';
import { COLLECTOR_DEFAULTS, type CollectorSettings } from '../collector-settings.ts';
import { CompactionService } from '../compaction.service.ts';
import { GarbageService } from '../garbage.service.ts';
import { ScrubService } from '../scrub.service.ts';
import { TrashService } from '../trash.service.ts';
import { hookBlobs, hookDatabase } from './hooks.ts';

export const DAY_MS = 24 * 60 * 60 * 1000;
/** Columns by which the collector measures age. */
const AGES = {
  chunk: ['last_seen', 'garbage_since'],
  chunk_upload: ['at'],
  content_garbage: ['since'],
  pack: ['created_at', 'retired_at'],
  collector_pass: ['ended_at'],
};

/** A drive with the collector beside it, and time that passes when a test says so. */
export class CollectorWorld {
  readonly garbage: GarbageService;
  readonly compaction: CompactionService;
  readonly trash: TrashService;
  readonly scrub: ScrubService;
  /** Never aborts. */
  readonly signal: AbortSignal = new AbortController().signal;

  private constructor(
    readonly drive: DriveWorld,
    settings: CollectorSettings,
  ) {
    const { dataSource } = drive.database;
    this.garbage = new GarbageService(dataSource, settings);
    this.compaction = new CompactionService(dataSource, drive.blobs, settings);
    this.trash = new TrashService(dataSource, drive.blobs, settings);
    this.scrub = new ScrubService(dataSource, drive.blobs, settings);
  }

  static async open(settings: Partial<CollectorSettings> = {}): Promise<CollectorWorld> {
    const drive = await DriveWorld.open();
    hookDatabase(drive.database.dataSource);
    hookBlobs(drive.blobs);
    return new CollectorWorld(drive, { ...COLLECTOR_DEFAULTS, orphanMs: 0, ...settings });
  }

  async passTime(ms: number): Promise<void> {
    for (const [table, columns] of Object.entries(AGES)) {
      const aged = columns.map((column) => `${column} = ${column} - $1 * interval '1 ms'`);
      await this.drive.sql(`UPDATE ${table} SET ${aged.join(', ')}`, [ms]);
    }
  }

  /** What the jobs do, one after another. */
  async collect(): Promise<void> {
    await this.garbage.mark(this.signal, 0);
    await this.garbage.sweep(this.signal);
    await this.garbage.retire(this.signal);
    await this.garbage.expireUploads(this.signal);
    await this.compaction.run(this.signal);
    await this.trash.run(this.signal, 0);
  }

  /** Long enough for everything that is garbage now to be gone: manifests, then their chunks, then their packs. */
  async collectAll(): Promise<void> {
    for (let round = 0; round < 6; round++) {
      await this.collect();
      await this.passTime(16 * DAY_MS);
    }
  }

  /** Reads every version of the database and compares it with its hashes. Answers those whose bytes are not all there. */
  async listBrokenVersions(): Promise<string[]> {
    const { manager, enterpriseId, blobs, database } = this.drive;
    const versions = await this.drive.sql<{ id: string; contentId: string; size: string }>(
      `SELECT id, encode(content_id, 'hex') AS "contentId", size FROM version WHERE enterprise_id = $1`,
      [enterpriseId],
    );
    const contents = versions.map(({ contentId, size }) => ({ contentId, size: Number(size) }));
    const manifests = await loadManifests(manager, enterpriseId, contents);
    const reader = new ContentReader(database.dataSource, blobs);
    const broken: string[] = [];
    for (const [index, version] of versions.entries()) {
      const chunks = manifests.get(version.contentId) ?? [];
      const sizeBytes = chunks.reduce((sum, chunk) => sum + chunk.size, 0);
      const bytes: Uint8Array[] = [];
      try {
        for await (const piece of reader.read(enterpriseId, chunks, { start: 0, end: sizeBytes })) bytes.push(piece);
      } catch (error) {
        broken.push(`${version.id}: ${String(error)}`);
        continue;
      }
      const whole = Buffer.concat(bytes);
      let at = 0;
      const wrong = chunks.some((chunk) => {
        at += chunk.size;
        return (
          createHash('sha256')
            .update(whole.subarray(at - chunk.size, at))
            .digest('hex') !== chunk.hash
        );
      });
      if (wrong || sizeBytes !== contents[index]?.size) broken.push(`${version.id}: other bytes`);
    }
    return broken;
  }

  /** As the bin's expiry does it: the node and all its versions are gone. */
  async purgeNode(nodeId: string): Promise<void> {
    await this.drive.sql(
      `WITH v AS (DELETE FROM version WHERE node_id = $1), h AS (DELETE FROM node_history WHERE node_id = $1)
       DELETE FROM node WHERE id = $1`,
      [nodeId],
    );
  }

  async count(table: 'chunk' | 'pack' | 'content_chunk' | 'content_garbage' | 'chunk_upload'): Promise<number> {
    const [row] = await this.drive.sql<{ count: string }>(`SELECT count(*) FROM ${table}`);
    return Number(row?.count);
  }

  async listObjects(): Promise<string[]> {
    const keys: string[] = [];
    for await (const blob of this.drive.blobs.list('')) keys.push(blob.key);
    return keys.sort();
  }

  close(): Promise<void> {
    return this.drive.close();
  }
}

/** Mulberry32: the same numbers for the same seed. */
export function seeded(seed: number): (count: number) => number {
  let state = seed >>> 0;
  return (count) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % Math.max(1, count);
  };
}
