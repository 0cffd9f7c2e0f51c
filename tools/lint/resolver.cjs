/**
 * Resolver for the boundary rules: relative imports name their file with its ending, `@tideline/*` and `#*` are read from
 * the exports and imports of their package.json by the condition `tideline:source`. Everything else is a package or Node's own.
 */
const { existsSync, readFileSync } = require('node:fs');
const { builtinModules } = require('node:module');
const { dirname, join, resolve } = require('node:path');

const ROOT = resolve(__dirname, '../..');
const builtins = new Set(builtinModules);
const manifests = new Map();

exports.interfaceVersion = 2;

exports.resolve = (source, file) => {
  if (source.startsWith('node:') || builtins.has(source)) return { found: true, path: null };
  const path = source.startsWith('.') ? resolve(dirname(file), source) : findOwn(source, file);
  if (path === undefined) return { found: true, path: join(ROOT, 'node_modules', source) };
  return existsSync(path) ? { found: true, path } : { found: false };
};

function findOwn(source, file) {
  if (source.startsWith('#')) return findImport(source, packageOf(file));
  const [, name, rest = ''] = /^@tideline\/([a-z-]+)(\/.*)?$/.exec(source) ?? [];
  if (!name) return undefined;
  const folder = ['libs', 'apps'].map((kind) => join(ROOT, kind, name)).find((path) => existsSync(path));
  const target = folder && readManifest(folder).exports?.[`.${rest}`]?.['tideline:source'];
  if (target) return join(folder, target);
  // An app, or a door that does not exist: the element it lies in is what counts.
  return folder && join(folder, 'package.json');
}

function findImport(source, folder) {
  const imports = readManifest(folder).imports ?? {};
  for (const [pattern, target] of Object.entries(imports)) {
    const [start] = pattern.split('*');
    if (source.startsWith(start)) return join(folder, String(target).replace('*', source.slice(start.length)));
  }
  return undefined;
}

function packageOf(file) {
  let folder = dirname(file);
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}

function readManifest(folder) {
  if (!manifests.has(folder)) manifests.set(folder, JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')));
  return manifests.get(folder);
}
