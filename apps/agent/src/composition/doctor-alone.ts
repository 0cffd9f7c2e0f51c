import { existsSync, readFileSync, statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError, type DeviceSettings, type ErrorCode } from '@tideline/contracts';
import type { Device } from '../enrollment/device.ts';
import { DeviceRecord, type Enrollment } from '../enrollment/device-record.ts';
import type { DoctorAnswer } from '../local-api/messages.ts';

type Check = DoctorAnswer['checks'][number];

export type LonelyFacts = {
  readonly home: string;
  /** Called only for a home that is enrolled: it would make a new identity in any other. */
  readonly openDevice: () => Promise<Device>;
  readonly askSettings: (device: Device) => Promise<DeviceSettings>;
};

/** GU-5: downloads stop below this. */
const RESERVE_BYTES = 1024 ** 3;

/** What can be looked at while no agent runs: its state, its enrollment, its key, the server, the room. Changes nothing. */
export async function examineAlone(facts: LonelyFacts): Promise<DoctorAnswer> {
  const { home } = facts;
  const agent: Check = { name: 'agent', ok: false, detail: 'not running; start it with `tideline run`' };
  const state = checkState(home);
  const { check: enrolled, enrollment } = state.ok ? checkEnrollment(home) : { check: null, enrollment: null };
  const online = enrollment ? await checkOnline(facts, enrollment) : [];
  return { checks: [agent, state, ...(enrolled ? [enrolled] : []), ...online, await checkRoom(home)] };
}

function checkState(home: string): Check {
  const name = 'state directory';
  const found = statSync(home, { throwIfNoEntry: false });
  if (!found) return { name, ok: true, detail: `${home} is not there yet; enrolling makes it` };
  if (found.isDirectory()) return { name, ok: true, detail: home };
  return { name, ok: false, detail: `${home} is a file, not a folder; set TIDELINE_HOME to another one` };
}

function checkEnrollment(home: string): { check: Check; enrollment: Enrollment | null } {
  const name = 'enrollment';
  const file = join(home, 'device.json');
  const record = existsSync(file) ? parseRecord(file) : null;
  if (record === undefined) {
    const detail = `${file} cannot be read; enroll the device again with \`tideline enroll\``;
    return { check: { name, ok: false, detail }, enrollment: null };
  }
  const enrollment = record?.enrollment ?? null;
  const detail = enrollment
    ? `${enrollment.deviceName} of ${enrollment.user.email} at ${enrollment.server}`
    : 'not enrolled; run `tideline enroll`';
  return { check: { name, ok: enrollment !== null, detail }, enrollment };
}

function parseRecord(file: string): DeviceRecord | undefined {
  try {
    return DeviceRecord.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined; // damaged or unreadable: told as that
  }
}

const KEY_CODES: ReadonlySet<ErrorCode> = new Set(['KEYCHAIN_LOCKED', 'ENROLLMENT_DAMAGED']);

/** Signs in as the agent would: that needs the key and the server. */
async function checkOnline({ openDevice, askSettings }: LonelyFacts, { server }: Enrollment): Promise<Check[]> {
  try {
    const device = await openDevice();
    const { refusal } = await askSettings(device);
    const key = device.keyStore() === 'keychain' ? 'in the keychain' : 'in a file only you can read';
    return [
      { name: 'device key', ok: true, detail: key },
      { name: 'server', ok: true, detail: `${server} answers and knows this device` },
      { name: 'sync backup', ok: refusal === null, detail: refusal ?? 'sync backup is on' },
    ];
  } catch (error) {
    const isKey = error instanceof AppError && KEY_CODES.has(error.code);
    const detail = error instanceof AppError ? `${error.message} ${error.fix}` : String(error);
    return [{ name: isKey ? 'device key' : 'server', ok: false, detail }];
  }
}

export async function checkRoom(home: string): Promise<Check> {
  const { bavail, bsize } = await statfs(nearestFolder(home));
  const freeBytes = bavail * bsize;
  return { name: 'disk', ok: freeBytes > RESERVE_BYTES, detail: `${Math.floor(freeBytes / 1e6)} MB free for state` };
}

function nearestFolder(path: string): string {
  return existsSync(path) ? path : nearestFolder(dirname(path));
}
