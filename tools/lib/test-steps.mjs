import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { build } from '../build.mjs';
import { say } from './output.mjs';
import { ROOT, TSC, getProjectNode, projectEnv } from './paths.mjs';

const MAX_SHOWN = 60;
/** How many times as long as usual a step may take. */
const patience = () => Number(process.env.TIDELINE_TEST_PATIENCE ?? 1);
const bin = (path) => join(ROOT, 'node_modules', path);

/**
 * What `npm test` runs, in order; each step answers counts and what was skipped. The minutes are guards against hanging, some two and a half
 * times what a step takes: the same two cores take twice as long on a machine where memory is dear.
 */
export const STEPS = [
  { name: 'format', run: checkFormat },
  // Builds first: lint reads the types of what is built.
  { name: 'types', run: checkTypes },
  { name: 'lint', run: lint },
  { name: 'rules', run: checkRules },
  { name: 'unit', run: () => runVitest({ root: '.', minutes: 8 }) },
  { name: 'simulation', run: () => runVitest({ root: 'test/sim', minutes: 16 }) },
  { name: 'integration', run: runIntegration },
  { name: 'end-to-end', run: runEndToEnd },
  { name: 'browser', run: () => runVitest({ root: 'test/web', minutes: 8, isLive: true }) },
];

/** Real PostgreSQL below the console; real folders and killed processes below the disk. */
async function runIntegration() {
  const console = await runVitest({ root: 'apps/console-api', minutes: 15 });
  return sumOf([console, await runVitest({ root: 'libs/local-fs', minutes: 6 })]);
}

const LONG_GAMES = ['random-edits', 'real-tree'];

/** The long games by themselves, so that one that hangs is not taken for many that are slow. */
async function runEndToEnd() {
  const live = { root: 'test/e2e', isLive: true };
  const others = LONG_GAMES.flatMap((name) => ['--exclude', `**/${name}.e2e.ts`]);
  const short = await runVitest({ ...live, minutes: 20, only: others });
  return sumOf([short, await runVitest({ ...live, minutes: 10, only: LONG_GAMES })]);
}

const sumOf = (results) => ({
  passed: results.reduce((sum, result) => sum + result.passed, 0),
  failed: results.reduce((sum, result) => sum + result.failed, 0),
  skipped: results.flatMap((result) => result.skipped),
});

async function checkFormat() {
  const { code, output } = await runNode([bin('prettier/bin/prettier.cjs'), '--check', '--log-level', 'warn', '.'], {
    isQuiet: true,
  });
  showLines(output.replaceAll('[warn] ', 'not formatted: ').split('\n'));
  return countOne(code);
}

/** Every rule of the engine has a test, and no test quotes a rule that is not written anywhere. */
async function checkRules() {
  const { code, output } = await runNode([join(ROOT, 'tools/spec-check.mjs')], { isQuiet: true });
  showLines(output.split('\n'));
  return countOne(code);
}

async function lint() {
  return withTempFile('lint.json', async (file) => {
    const { code, output } = await runNode([bin('eslint/bin/eslint.js'), '.', '-f', 'json', '-o', file], {
      isQuiet: true,
      env: { NODE_OPTIONS: '--max-old-space-size=4096' },
    });
    if (!existsSync(file)) showLines(output.split('\n'));
    const results = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : [];
    showLines(results.flatMap(({ filePath, messages }) => messages.map((found) => lintLine(filePath, found))));
    say(`${results.length} files checked`);
    return countOne(code);
  });
}

function lintLine(filePath, { line, column, message, ruleId }) {
  return `${relative(ROOT, filePath)}:${line}:${column} ${message} (${ruleId ?? 'parse'})`;
}

async function checkTypes() {
  await build();
  const { code } = await runNode([TSC, '-p', 'tsconfig.tests.json', '--noEmit'], {});
  return countOne(code);
}

function countOne(code) {
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: [] };
}

/** One Vitest run; `root` holds its configuration. The counts are those of its JSON report. */
async function runVitest({ root, minutes, isLive = false, only = [] }) {
  return withTempFile('vitest.json', async (file) => {
    const reporters = [`--reporter=${isLive ? 'verbose' : 'default'}`, '--reporter=json', `--outputFile.json=${file}`];
    const args = [bin('vitest/vitest.mjs'), 'run', '--root', root, ...only, ...reporters];
    const { code } = await runNode(args, { timeoutMs: minutes * 60_000 * patience() });
    return countVitest(code, file);
  });
}

function countVitest(code, file) {
  if (!existsSync(file)) {
    say('There is no report: the run ended before its end.');
    return { passed: 0, failed: 1, skipped: [] };
  }
  const report = JSON.parse(readFileSync(file, 'utf8'));
  const tests = report.testResults.flatMap((result) => result.assertionResults);
  const brokenFiles = report.testResults.filter(
    (result) => result.status === 'failed' && !result.assertionResults.some((found) => found.status === 'failed'),
  );
  const passed = tests.filter((found) => found.status === 'passed').length;
  const failed = tests.filter((found) => found.status === 'failed').length + brokenFiles.length;
  const skipped = tests.filter((found) => !['passed', 'failed'].includes(found.status)).map((found) => found.fullName);
  return { passed, failed: failed || (code === 0 ? 0 : 1), skipped };
}

function runNode(args, { isQuiet = false, timeoutMs = 600_000, env = {} }) {
  return new Promise((resolve, reject) => {
    const child = spawn(getProjectNode(), args, {
      cwd: ROOT,
      env: projectEnv({ FORCE_COLOR: '0', NO_COLOR: '1', CI: 'true', ...env }),
      stdio: isQuiet ? ['ignore', 'pipe', 'pipe'] : ['ignore', 'inherit', 'inherit'],
    });
    const chunks = [];
    child.stdout?.on('data', (chunk) => chunks.push(chunk));
    child.stderr?.on('data', (chunk) => chunks.push(chunk));
    const timer = setTimeout(() => {
      say(`Not done after ${timeoutMs / 60_000} minutes: stopped.`);
      child.kill('SIGKILL');
    }, timeoutMs);
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code: code ?? 1, output: Buffer.concat(chunks).toString('utf8') });
    });
  });
}

async function withTempFile(name, work) {
  const folder = mkdtempSync(join(tmpdir(), 'tideline-test-'));
  try {
    return await work(join(folder, name));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function showLines(lines) {
  const shown = lines.filter((line) => line.trim() !== '');
  for (const line of shown.slice(0, MAX_SHOWN)) say(line);
  if (shown.length > MAX_SHOWN) say(`… and ${shown.length - MAX_SHOWN} more`);
}
