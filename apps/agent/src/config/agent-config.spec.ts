import { AppError } from '@tideline/contracts';
import { expect, it } from 'vitest';
import { loadAgentConfig } from './agent-config.ts';

const load = (env: Record<string, string>) => loadAgentConfig({ env, userHome: '/home/ada', cwd: '/tmp/here' });

it.each([
  [{}, '/home/ada/.local/state/tideline'],
  [{ XDG_STATE_HOME: '/state' }, '/state/tideline'],
  [{ XDG_STATE_HOME: 'relative' }, '/home/ada/.local/state/tideline'],
  [{ XDG_STATE_HOME: '/state', TIDELINE_HOME: '/var/agent' }, '/var/agent'],
  [{ TIDELINE_HOME: 'agent-a' }, '/tmp/here/agent-a'],
  [{ TIDELINE_HOME: '' }, '/home/ada/.local/state/tideline'],
])('with %j the home is %s', (env, home) => {
  expect(load(env).home).toBe(home);
});

it('names every wrong setting at once', () => {
  const attempt = () => load({ TIDELINE_LOG_LEVEL: 'loud', TIDELINE_KEY_STORE: 'pocket' });
  expect(attempt).toThrow(AppError);
  expect(attempt).toThrow(/TIDELINE_KEY_STORE.*TIDELINE_LOG_LEVEL/);
});

it('cannot be changed after it was read', () => {
  expect(Object.isFrozen(load({}))).toBe(true);
});
