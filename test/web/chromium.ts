import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '@tideline/testing';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';

const SYSTEM_BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const ARGS = ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu', '--hide-scrollbars'];

export type FoundBrowser = { readonly browser: Browser } | { readonly browser?: never; readonly reason: string };

/** A real Chromium: the one named, the one from the packages, or the system's; else why there is none. */
export async function findBrowser(): Promise<FoundBrowser> {
  const reasons: string[] = [];
  for (const find of [named, packaged, system]) {
    try {
      const executablePath = await find();
      if (executablePath) return { browser: await chromium.launch({ executablePath, args: ARGS }) };
    } catch (error) {
      reasons.push(`${find.name}: ${String(error).split('\n')[0]}`);
    }
  }
  return { reason: reasons.join('; ') || 'none is installed' };
}

function named(): Promise<string | undefined> {
  return Promise.resolve(process.env['TIDELINE_CHROMIUM']);
}

/** Unpacks itself, 230 MB, once and for all runs. The variable makes it bring the system libraries that bare machines lack. */
async function packaged(): Promise<string | undefined> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  const cache = join(REPOSITORY, 'node_modules/.cache/chromium');
  mkdirSync(cache, { recursive: true });
  process.env['AWS_EXECUTION_ENV'] = 'AWS_Lambda_nodejs22.x';
  process.env['FONTCONFIG_FILE'] = tellFonts(cache);
  const temp = process.env['TMPDIR'];
  process.env['TMPDIR'] = cache;
  try {
    const { default: bundled } = await import('@sparticuz/chromium');
    return await bundled.executablePath();
  } finally {
    if (temp === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = temp;
  }
}

/**
 * The package brings fonts and a list that looks for them in /tmp/fonts only. A Chromium that finds no font at all ends itself at
 * the first letter, so this list names where they are unpacked, and the machine's own.
 */
function tellFonts(cache: string): string {
  const file = join(cache, 'fonts.conf');
  const folders = [join(cache, 'fonts'), '/usr/share/fonts'].map((folder) => `<dir>${folder}</dir>`);
  const kept = `<cachedir>${join(cache, 'fonts-cache')}</cachedir>`;
  writeFileSync(file, `<?xml version="1.0"?>\n<fontconfig>${folders.join('')}${kept}</fontconfig>\n`);
  return file;
}

function system(): Promise<string | undefined> {
  return Promise.resolve(SYSTEM_BROWSERS.find((path) => existsSync(path)));
}
