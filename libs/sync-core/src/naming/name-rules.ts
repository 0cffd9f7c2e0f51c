import { MAX_NAME_BYTES, isCloudName } from '@tideline/contracts';
import type { NameRules } from '../model/policy.ts';
import { byteLength, cutToBytes, joinName, splitName } from './split-name.ts';

/** What Windows refuses in names, and what stands for it on such a device: look-alikes, so that people still read the name. */
const STAND_INS: Readonly<Record<string, string>> = {
  '<': '＜',
  '>': '＞',
  ':': '：',
  '"': '＂',
  '|': '｜',
  '?': '？',
  '*': '＊',
  '\\': '＼',
};
const RESERVED = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)$/iu;

/** The name as the cloud holds it, or null when the cloud cannot hold it (BI-8). */
export function toCloudName(localName: string): string | null {
  return isCloudName(localName) ? localName.normalize('NFC') : null;
}

/**
 * The name this device gives to a cloud name; the same one on a device that can hold it. Base keeps both, so that the mapping
 * need not be reversible by itself.
 */
export function toLocalName(cloudName: string, rules: NameRules): string {
  const shown = rules.windows ? toWindowsName(cloudName) : cloudName;
  if (byteLength(shown) <= rules.maxNameBytes) return shown;
  return joinName({ ...splitName(shown), suffix: '' }, rules.maxNameBytes);
}

/** Equal but for their Unicode form: a name can be spelled composed and decomposed (F13). */
export function isOneSpelling(a: string, b: string): boolean {
  return a === b || a.normalize('NFC') === b.normalize('NFC');
}

/** Two names with one key cannot stand in one folder of this device. */
export function localNameKey(localName: string, rules: NameRules): string {
  return rules.caseSensitive ? localName : localName.normalize('NFC').toUpperCase().toLowerCase();
}

export function maxLocalNameBytes(rules: NameRules): number {
  return Math.min(MAX_NAME_BYTES, rules.maxNameBytes);
}

/** A device name fit for a part of a file name on every system. */
export function cleanDeviceName(name: string): string {
  const plain = name
    .replace(/[\p{Cc}/\\<>:"|?*()]+/gu, ' ')
    .replace(/\s+/gu, ' ')
    .trim();
  return plain === '' ? 'device' : cutToBytes(plain, 40).trim();
}

function toWindowsName(name: string): string {
  const shown = name
    .replace(/[<>:"|?*\\]/gu, (character) => STAND_INS[character] ?? '_')
    .replace(/\p{Cc}/gu, '_')
    .replace(/\.$/u, '．')
    .replace(/ $/u, '_');
  const dot = shown.indexOf('.');
  const stem = dot < 0 ? shown : shown.slice(0, dot);
  return RESERVED.test(stem.trimEnd()) ? `${stem}_${shown.slice(stem.length)}` : shown;
}
