#!/usr/bin/env node
/**
 * Every rule of the engine and every scenario of the catalogue has a test that quotes it, but for those that `NOT_YET` owes, and
 * no test quotes what does not exist.
 * Plain JavaScript for Node 20.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const SPEC = join(ROOT, 'libs/sync-core/SPEC.md');
const RULES = join(ROOT, 'libs/sync-core/src/reconcile/rules.ts');
const PRODUCT = join(ROOT, 'docs/spec/product.md');
const SCENARIOS = join(ROOT, 'docs/spec/scenarios.md');
/** Where rules of the engine are tested, and where scenarios may be. */
const ENGINE_TESTS = ['libs/sync-core/src', 'libs/local-fs/src', 'test/sim'];
const ALL_TESTS = ['libs', 'apps', 'test'];
const LEFT_OUT = new Set(['node_modules', 'dist', 'build', 'coverage']);

/** Scenarios without a test, by the reason why. What is on it is told with every run; it only ever gets shorter. */
const NOT_YET = {};

const ID = String.raw`\[[A-Z]{1,2}-?\d{1,2}\]`;

const read = (file) => readFileSync(file, 'utf8');
const all = (text, pattern) => [...text.matchAll(pattern)].map((match) => match[1]);

function testFiles(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return LEFT_OUT.has(entry.name) ? [] : testFiles(path);
    return /\.(spec|sim|e2e)\.tsx?$|-contract\.ts$/.test(entry.name) ? [path] : [];
  });
}

const testsIn = (folders) =>
  folders.flatMap((folder) => testFiles(join(ROOT, folder))).map((file) => ({ file, text: read(file) }));

function findRuleFaults() {
  const defined = all(read(SPEC), /^- \*\*(SY-\d+)\*\*/gm);
  const rules = new Set(defined);
  const known = new Set([...rules, ...productIds(read(PRODUCT)), ...scenarioIds()]);
  const quoted = testsIn(ENGINE_TESTS).flatMap(({ file, text }) =>
    all(text, /\[([A-Z]{1,2}-?\d{1,2})\]/g).map((id) => ({ id, file: relative(ROOT, file) })),
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

function findScenarioFaults() {
  const ids = scenarioIds();
  const known = new Set(ids);
  const owed = new Set(Object.values(NOT_YET).flatMap((list) => list.split(' ').filter((id) => id !== '')));
  const titles = testsIn(ALL_TESTS).flatMap(({ file, text }) =>
    scenariosInTitles(text).map((id) => ({ id, file: relative(ROOT, file) })),
  );
  const tested = new Set(titles.map(({ id }) => id));
  for (const id of owed)
    if (tested.has(id)) console.log(`scenario ${id} has its test: take it off the list of those owed`);
  return [
    ...ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `${id} is in the catalogue twice`),
    ...ids.filter((id) => !tested.has(id) && !owed.has(id)).map((id) => `scenario ${id} has no test`),
    ...[...owed].filter((id) => !known.has(id)).map((id) => `${id} is owed a test, but is no scenario`),
    ...titles.filter(({ id }) => !known.has(id)).map(({ id, file }) => `${file} tells of ${id}, which is no scenario`),
  ];
}

/** A title begins with ids in brackets; those of scenarios have no dash. */
function scenariosInTitles(text) {
  const openings = all(text, new RegExp(`['"\`]((?:${ID} ?)+)`, 'g'));
  return openings.flatMap((ids) => all(ids, /\[([A-Z]\d{2})\]/g));
}

function scenarioIds() {
  return all(read(SCENARIOS), /^([A-Z]\d{2}) \|/gm);
}

/** `- BI-4 …`, `| UP-1 | …` and the numbered promises (SA) of the product's rules. */
function productIds(text) {
  const promises = all(text.split(/^## SA:.*$/m)[1] ?? '', /^(\d+)\. \*\*/gm);
  return [...all(text, /^(?:- |\| )?([A-Z]{1,2}-?\d{1,2})(?: |\*)/gm), ...promises.map((number) => `SA-${number}`)];
}

const faults = new Set([...findRuleFaults(), ...findScenarioFaults()]);
for (const fault of faults) console.log(fault);
for (const [reason, ids] of Object.entries(NOT_YET)) console.log(`not yet: ${ids}, because ${reason}`);
if (faults.size > 0) console.log(`${faults.size} faults`);
else console.log('Every rule of SPEC.md and every scenario that is not owed has its test.');
process.exitCode = faults.size === 0 ? 0 : 1;
