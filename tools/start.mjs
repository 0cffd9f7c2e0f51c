#!/usr/bin/env node
/**
 * `npm start`: from a bare clone to a running console with two demo agents. Plain JavaScript for Node 20 without
 * dependencies, because it installs them; what it starts runs under the project's own Node 24.
 */
import { join, resolve } from 'node:path';
import { build } from './build.mjs';
import { findBootstrap } from './lib/bootstrap.mjs';
import { describeEnd, eachLine, startLeashed, stopChild, whenEnded, whenNpmGone } from './lib/children.mjs';
import { claimDataDirectory, isFreePort, requireFreePort } from './lib/claim.mjs';
import { sayDemo, startDemo } from './lib/demo.mjs';
import { ensureInstalled } from './lib/install.mjs';
import { ToolError, quote, say, sayError } from './lib/output.mjs';
import { CONSOLE_MAIN, ROOT } from './lib/paths.mjs';

const HELP = `npm start                 console with a demo enterprise and two running agents
npm start -- --no-demo    console only, with one enterprise, its super admin and an enrollment token
TIDELINE_DATA (default .tideline), TIDELINE_PORT (default 4680, 0 = any), TIDELINE_HOST (default 127.0.0.1)`;

const START_AGAIN = 'Run `npm start` again; nothing that was saved is lost.';

/** Started processes in order; stopped in reverse: the agents first, then the console with its database. */
const children = [];
let claim;
let stopping;

async function main() {
  const options = readOptions(process.argv.slice(2));
  if (options.help) return say(HELP);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void stop(0, signal));
  whenNpmGone(() => void stop(0, 'npm has ended'));
  claim = await claimDataDirectory(options.dataPath);
  findBootstrap(options.dataPath);
  await requireFreePort(options.host, options.port);
  await ensureInstalled();
  await build();
  const url = await startConsole(options);
  await sayWhatStands(options, url);
}

function readOptions(args) {
  const unknown = args.find((arg) => !['--no-demo', '--help'].includes(arg));
  if (unknown) throw new ToolError('USAGE', `Unknown option ${unknown}.`, 'See npm start -- --help.');
  const port = process.env.TIDELINE_PORT || '4680';
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    throw new ToolError(
      'CONFIG_INVALID',
      `TIDELINE_PORT is not a port: ${port}.`,
      'Use 0 to 65535; 0 = any free port.',
    );
  }
  return {
    help: args.includes('--help'),
    demo: !args.includes('--no-demo'),
    dataPath: resolve(ROOT, process.env.TIDELINE_DATA || '.tideline'),
    host: process.env.TIDELINE_HOST || '127.0.0.1',
    port: Number(port),
  };
}

/** Answers the console's address once it says that it is ready. */
async function startConsole({ dataPath, host, port, demo }) {
  say('Starting the console …');
  const env = {
    TIDELINE_DATA: dataPath,
    TIDELINE_HOST: host,
    TIDELINE_PORT: String(port || (await findLastPort(dataPath, host))),
    TIDELINE_FIRST_START: demo ? 'demo' : 'plain',
  };
  const console = started(startLeashed(CONSOLE_MAIN, [], { env }));
  eachLine(console.stderr, (line) => process.stderr.write(`${line}\n`));
  const ready = new Promise((resolve) => {
    eachLine(console.stdout, (line) => (line.startsWith('ready ') ? resolve(line.slice(6).trim()) : say(line)));
  });
  const url = await Promise.race([ready, whenEnded(console)]);
  if (typeof url === 'string') {
    console.once('exit', () => void consoleEnded(console, dataPath));
    return url;
  }
  return stop(console.exitCode || 1);
}

/** By itself: the agents have nobody to talk to, so all of it ends, and the person learns why and what now. */
function consoleEnded(console, dataPath) {
  if (stopping) return undefined;
  const log = join(dataPath, 'logs', 'console.log');
  sayError(
    'CONSOLE_ENDED',
    `The console has ended by itself (${describeEnd(console)}). Its log is ${log}.`,
    START_AGAIN,
  );
  return stop(console.exitCode || 1);
}

/** With "any free port" the last one is taken again when it is free: enrolled agents know the console by its address. */
async function findLastPort(dataPath, host) {
  const url = findBootstrap(dataPath)?.url;
  // Empty after a first start that ended before it listened.
  const last = URL.canParse(url) ? Number(new URL(url).port) : 0;
  return last && (await isFreePort(host, last)) ? last : 0;
}

async function sayWhatStands({ demo, dataPath }, url) {
  const bootstrap = findBootstrap(dataPath);
  say();
  say(`Console     ${url}`);
  sayLogOns(bootstrap);
  say(`Data        ${dataPath}`);
  say();
  if (demo) await showDemo(dataPath, { ...bootstrap, url });
  say(`ready ${url}`);
}

function sayLogOns(bootstrap) {
  if (!bootstrap) return say('Log-ons     not known here: bootstrap.json is not in the data directory any more');
  say(`Enterprise  ${bootstrap.enterpriseCode}`);
  say(`Admin       ${bootstrap.adminEmail}  ${bootstrap.adminPassword}`);
  say(`Operator    ${bootstrap.operatorEmail}  ${bootstrap.operatorPassword}`);
  for (const person of bootstrap.people ?? []) say(`User        ${person.email}  ${person.password}`);
}

/** A demo that cannot run does not take the console away from those who came for the console. */
async function showDemo(dataPath, bootstrap) {
  try {
    const demo = await startDemo(dataPath, bootstrap, started);
    sayDemo(demo);
    for (const agent of demo.agents) void whenEnded(agent.child).then(() => agentEnded(agent));
  } catch (error) {
    if (stopping) return;
    sayError(error.code ?? 'DEMO_AGENT', error.message, error.fix);
  }
}

/** It is not started again by itself: somebody may have ended it on purpose, to see what happens. */
function agentEnded(agent) {
  if (stopping) return;
  const how = describeEnd(agent.child);
  sayError(
    'DEMO_AGENT',
    `The demo agent of ${agent.name} has ended (${how}); its folder is not synced now.`,
    sayHowTo(agent),
  );
}

function sayHowTo({ home }) {
  const log = join(home, 'logs', 'agent.log');
  return `Start it again in this repository with TIDELINE_HOME=${quote(home)} npx tideline run. Its log is ${log}.`;
}

function started(child) {
  children.push(child);
  claim.addChild(child.pid);
  if (stopping) child.kill('SIGTERM');
  return child;
}

/** Ends everything in order, then this process; called once, whoever calls first. */
function stop(exitCode, reason) {
  stopping ??= (async () => {
    if (reason) say(`Stopping (${reason}) …`);
    const [console, ...agents] = children;
    await Promise.all(agents.map((agent) => stopChild(agent, 10_000)));
    if (console) await stopChild(console, 20_000);
    claim?.release();
    process.exit(exitCode);
  })();
  return stopping;
}

main().catch((error) => {
  sayError(error.code ?? 'INTERNAL', error.message, error.fix);
  void stop(1);
});
