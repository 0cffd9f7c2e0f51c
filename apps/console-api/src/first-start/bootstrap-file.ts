import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { writeFileAtomically } from '../platform/atomic-file.ts';

const Person = z.object({ name: z.string(), email: z.string(), password: z.string(), teams: z.array(z.string()) });
export type BootstrapPerson = z.infer<typeof Person>;

/** What the first start tells scripts and the starter. Its names and meanings stay; fields may be added. */
const Bootstrap = z.looseObject({
  url: z.string(),
  enterpriseCode: z.string(),
  adminEmail: z.string(),
  adminPassword: z.string(),
  enrollmentToken: z.string(),
  operatorEmail: z.string(),
  operatorPassword: z.string(),
  people: z.array(Person).optional(),
  /** `pending` until the demo's folder and rights are there too. */
  demo: z.enum(['pending', 'ready']).optional(),
});
export type Bootstrap = z.infer<typeof Bootstrap>;

export async function writeBootstrap(dataFolder: string, bootstrap: Bootstrap): Promise<void> {
  await writeFileAtomically(fileIn(dataFolder), `${JSON.stringify(bootstrap, null, 2)}\n`, 0o600);
}

export async function findBootstrap(dataFolder: string): Promise<Bootstrap | undefined> {
  const text = await readFile(fileIn(dataFolder), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : Bootstrap.safeParse(parseJson(text)).data;
}

/** The address may be another one at each start; whoever removed the file does not get it back. */
export async function updateBootstrapUrl(dataFolder: string, url: string): Promise<void> {
  const bootstrap = await findBootstrap(dataFolder);
  if (bootstrap && bootstrap.url !== url) await writeBootstrap(dataFolder, { ...bootstrap, url });
}

function fileIn(dataFolder: string): string {
  return path.join(dataFolder, 'bootstrap.json');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // somebody edited it; it is theirs now
  }
}
