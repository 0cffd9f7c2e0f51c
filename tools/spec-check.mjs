#!/usr/bin/env node
/** Every rule of the engine has a test that quotes it, and no test quotes what does not exist. Plain JavaScript for Node 20. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const SPEC = join(ROOT, 'libs/sync-core/SPEC.md');
const RULES = join(ROOT, 'libs/sync-core/src/reconcile/rules.ts');
const TESTS = ['libs/sync-core/src', 'test/sim'];
const PRODUCT = ['docs/spec/product.md', 'docs/spec/scenarios.md'];

const read = (file) => readFileSync(file, 'utf8');
const all = (text, pattern) => [...text.matchAll(pattern)].map((match) => match[1]);

function testFiles(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' || entry.name === 'dist' ? [] : testFiles(path);
    return /\.(spec|sim)\.ts$|-contract\.ts$/.test(entry.name) ? [path] : [];
  });
}

function findFaults() {
  const defined = all(read(SPEC), /^- \*\*(SY-\d+)\*\*/gm);
  const rules = new Set(defined);
  const known = new Set([...rules, ...PRODUCT.flatMap((file) => productIds(read(join(ROOT, file))))]);
  const quoted = TESTS.flatMap((folder) => testFiles(join(ROOT, folder))).flatMap((file) =>
    all(read(file), /\[([A-Z]{1,2}-?\d{1,2})\]/g).map((id) => ({ id, file: relative(ROOT, file) })),
  );
  const tested = new Set(quoted.map(({ id }) => id));
  return [
    ...defined.filter((id, index) => defined.indexOf(id) !== index).map((id) => `${id} is defined twice in SPEC.md`),
    ...defined.filter((id) => !tested.has(id)).map((id) => `${id} is quoted by no test`),
    ...quoted
      .filter(({ id }) => !known.has(id))
      .map(({ id, file }) => `${file} quotes ${id}, which no document defines`),
    ...all(read(RULES), /'(SY-\d+)':/g)
      .filter((id) => !rules.has(id))
      .map((id) => `rules.ts explains ${id}, which SPEC.md does not define`),
  ];
}

/** `- BI-4 …`, `| UP-1 | …` and the numbered promises (SA) of the product's rules, `B01 | …` of the scenarios. */
function productIds(text) {
  const promises = all(text.split(/^## SA:.*$/m)[1] ?? '', /^(\d+)\. \*\*/gm);
  return [...all(text, /^(?:- |\| )?([A-Z]{1,2}-?\d{1,2})(?: |\*)/gm), ...promises.map((number) => `SA-${number}`)];
}

const faults = findFaults();
for (const fault of new Set(faults)) console.log(fault);
console.log(faults.length === 0 ? 'Every rule of SPEC.md is quoted by a test.' : `${new Set(faults).size} faults`);
process.exitCode = faults.length === 0 ? 0 : 1;
