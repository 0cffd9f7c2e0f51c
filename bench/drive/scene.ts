import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConsoleBox } from '@tideline/testing';
import pg from 'pg';
import { z } from 'zod';
import { enrollDevice, type DeviceClient } from './device-client.ts';

const ClusterRecord = z.object({ folder: z.string(), user: z.string(), password: z.string() });

/** A console process of its own with its PostgreSQL, reached over HTTP as agents do; all of it in a temporary folder. */
export class DriveScene {
  readonly console: ConsoleBox;

  private constructor(box: ConsoleBox) {
    this.console = box;
  }

  static async open(env: Readonly<Record<string, string>> = {}): Promise<DriveScene> {
    return new DriveScene(await ConsoleBox.start({ env }));
  }

  async close(): Promise<void> {
    await this.console.dispose();
  }

  /** A new device of the super admin: it sees the admin's personal space and the enterprise space. */
  device(name: string): Promise<DeviceClient> {
    const { enrollmentToken, adminEmail } = this.console.bootstrap;
    return enrollDevice({ url: this.console.url, token: enrollmentToken, email: adminEmail, name });
  }

  /** Beside the console, for planting large trees and for looking at locks and plans. */
  database(): Promise<pg.Client> {
    return openDatabase(this.console);
  }
}

export async function openDatabase(console: ConsoleBox): Promise<pg.Client> {
  const record = ClusterRecord.parse(JSON.parse(await readFile(join(console.dataPath, 'database.json'), 'utf8')));
  const postmaster = await readFile(join(record.folder, 'postmaster.pid'), 'utf8');
  const { user, password } = record;
  const port = Number(postmaster.split('\n')[3]);
  const client = new pg.Client({ host: '127.0.0.1', port, user, password, database: 'tideline' });
  await client.connect();
  return client;
}
