import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eachLine, startLeashed, whenEnded } from './children.mjs';
import { ConsoleApi } from './console-api.mjs';
import { ToolError, say } from './output.mjs';
import { AGENT_MAIN } from './paths.mjs';

const AGENT_READY_MS = 60_000;

/**
 * The demo: two agents of two people of one team, each with a bidirectional task on the same folder of the team space.
 * Made at the first start, continued at every later one.
 */
export async function startDemo(dataPath, bootstrap, onStarted) {
  const plan = await loadPlan(join(dataPath, 'demo'), bootstrap);
  const agents = plan.people.map((person) => ({ ...person, child: undefined }));
  for (const agent of agents) await enroll(agent, bootstrap);
  await Promise.all(agents.map((agent) => runAgent(agent, onStarted)));
  for (const agent of agents) await ensureTask(agent, plan.cloudPath);
  return { cloudPath: plan.cloudPath, agents };
}

/** Whom the demo is played with is decided once, so that a later start finds the same folders. */
async function loadPlan(demoPath, bootstrap) {
  const file = join(demoPath, 'demo.json');
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'));
  if (!bootstrap.adminPassword) {
    throw new ToolError('DEMO_INCOMPLETE', 'Without bootstrap.json no demo can be set up.', 'Start with --no-demo.');
  }
  const api = await ConsoleApi.signIn(bootstrap);
  const { cloudPath, members } = await findTeamFolder(api);
  const people = members.map(({ name, email }) => {
    const folder = join(demoPath, email.split('@')[0]);
    return { name, email, home: join(folder, 'home'), files: join(folder, 'Files') };
  });
  for (const person of people) mkdirSync(person.files, { recursive: true });
  writeFileSync(file, `${JSON.stringify({ cloudPath, people }, null, 2)}\n`);
  chmodSync(file, 0o600);
  return { cloudPath, people };
}

/** A team folder that the whole team may keep equal (Synchronizer), and two people of that team. */
async function findTeamFolder(api) {
  const { grants } = await api.get('/grants?limit=1000');
  const { users } = await api.get('/users?limit=1000');
  for (const grant of grants) {
    if (grant.spaceKind !== 'team' || grant.syncRight !== 'synchronizer' || grant.to.type !== 'team') continue;
    const members = users.filter((user) => user.role === 'user' && user.teams.some((team) => team.id === grant.to.id));
    if (members.length < 2) continue;
    return { cloudPath: `team/${grant.spaceName}:${grant.path}`, members: members.slice(0, 2) };
  }
  throw new ToolError(
    'DEMO_INCOMPLETE',
    'The demo enterprise has no team of two people with Synchronizer on a team folder.',
    'Start with --no-demo, or give a team that right in the console.',
  );
}

async function enroll(agent, bootstrap) {
  const marker = join(agent.home, '..', 'enrolled');
  if (existsSync(marker)) return;
  const { url, enrollmentToken } = bootstrap;
  const name = `${agent.name.split(' ')[0]}'s demo PC`;
  const flags = ['--server', url, '--token', enrollmentToken, '--user', agent.email, '--device-name', name];
  await runCommand(agent, ['enroll', ...flags]).catch((error) => {
    // A start that was killed between the enrollment and the marker.
    if (!error.message.includes('ALREADY_ENROLLED')) throw error;
  });
  writeFileSync(marker, '');
}

async function runAgent(agent, onStarted) {
  const child = startLeashed(AGENT_MAIN, ['run'], { env: { TIDELINE_HOME: agent.home }, graceMs: 5000 });
  agent.child = child;
  onStarted(child);
  const problems = [];
  eachLine(child.stderr, (line) => problems.push(line) > 20 && problems.shift());
  const ready = new Promise((resolve) => {
    eachLine(child.stdout, (line) => line.includes('agent ready') && resolve('ready'));
    setTimeout(resolve, AGENT_READY_MS, 'late').unref();
  });
  const result = await Promise.race([ready, whenEnded(child)]);
  if (result === 'ready') return;
  throw new ToolError('DEMO_AGENT', `The demo agent of ${agent.name} did not start: ${problems.at(-1) ?? 'no answer'}`);
}

async function ensureTask(agent, cloudPath) {
  const { tasks } = JSON.parse(await runCommand(agent, ['status', '--json']));
  if (tasks.some((task) => task.status !== 'cancelled')) return;
  const flags = ['--local', agent.files, '--cloud', cloudPath, '--type', 'bidirectional', '--yes', '--json'];
  await runCommand(agent, ['task', 'create', ...flags]);
}

async function runCommand(agent, args) {
  const child = startLeashed(AGENT_MAIN, args, { env: { TIDELINE_HOME: agent.home }, graceMs: 0 });
  const out = [];
  const err = [];
  child.stdout.on('data', (chunk) => out.push(chunk));
  child.stderr.on('data', (chunk) => err.push(chunk));
  await whenEnded(child);
  const text = Buffer.concat(out).toString('utf8');
  // 4 and 5 are answers too: the status of tasks that wait or fail.
  if ([0, 4, 5].includes(child.exitCode)) return text;
  const reason = Buffer.concat(err).toString('utf8').trim() || text.trim();
  throw new ToolError('DEMO_AGENT', `tideline ${args[0]} failed for ${agent.name}: ${reason}`);
}

export function sayDemo({ cloudPath, agents }) {
  say('Demo: two agents keep these folders equal. Drop a file into one and see it in the other and in the console:');
  for (const agent of agents) say(`  ${agent.name.padEnd(16)} ${agent.files}`);
  say(`  in the cloud     ${cloudPath}`);
  say();
}
