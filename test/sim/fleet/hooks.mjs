import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

/**
 * Loads the real sources for a simulation: the disk and scan code of `libs/local-fs` gets the virtual file system in place of
 * Node's, once for each kind of operating system (`?os=`), and one text of one file may be replaced by a deliberate mistake.
 * Plain JavaScript, because it runs before types are stripped.
 */
const SOURCES = new URL('../../../', import.meta.url).href;
const LOCAL_FS = `${SOURCES}libs/local-fs/src/`;
const VIRTUAL = {
  'node:fs': new URL('./vfs/node-fs.ts', import.meta.url).href,
  'node:fs/promises': new URL('./vfs/node-fs-promises.ts', import.meta.url).href,
  'node:child_process': new URL('./vfs/node-child-process.ts', import.meta.url).href,
};
const MUTANT = process.env.TIDELINE_SIM_MUTANT
  ? JSON.parse(readFileSync(new URL('./mutants.json', import.meta.url), 'utf8'))[process.env.TIDELINE_SIM_MUTANT]
  : undefined;

registerHooks({
  resolve(specifier, context, next) {
    const parent = context.parentURL ?? '';
    if (!parent.startsWith(LOCAL_FS)) return next(specifier, context);
    if (VIRTUAL[specifier]) return { url: VIRTUAL[specifier], shortCircuit: true };
    const found = next(specifier, context);
    const os = new URL(parent).searchParams.get('os');
    return os && found.url.startsWith(LOCAL_FS) ? { ...found, url: `${found.url}?os=${os}` } : found;
  },
  load(url, context, next) {
    const loaded = next(url, context);
    const text = changed(url, loaded.source);
    return text === undefined ? loaded : { ...loaded, source: text };
  },
});

function changed(url, source) {
  const { origin, pathname, searchParams } = new URL(url);
  const file = origin === 'null' ? `file://${pathname}` : url;
  const os = searchParams.get('os');
  const isMutant = MUTANT && file === `${SOURCES}${MUTANT.file}`;
  if (!os && !isMutant) return undefined;
  let text = String(source);
  if (os) text = text.replaceAll('process.platform', JSON.stringify(os));
  return isMutant ? mutated(text) : text;
}

function mutated(text) {
  const parts = text.split(MUTANT.find);
  if (parts.length !== 2) throw new Error(`${MUTANT.file} holds "${MUTANT.find}" ${parts.length - 1} times, not once`);
  return parts.join(MUTANT.replace);
}
