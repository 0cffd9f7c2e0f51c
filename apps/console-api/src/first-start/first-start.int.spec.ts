import { stat } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SERVER_CONFIG, type ServerConfig } from '../config/server-config.ts';
import { ADVISORY_LOCKS } from '../platform/advisory-locks.ts';
import { startTestConsole, type TestConsole } from '../testing/test-console.ts';
import { enrollDevice } from '../testing/test-device.ts';
import { findBootstrap } from './bootstrap-file.ts';
import { FirstStartService } from './first-start.service.ts';

let server: TestConsole;
beforeAll(async () => {
  server = await startTestConsole('demo');
});
afterAll(() => server.stop());

const dataFolder = () => server.app.get<ServerConfig>(SERVER_CONFIG).dataFolder;

describe('the first start', () => {
  it('tells what scripts need, readable by its owner only', async () => {
    expect((await stat(path.join(dataFolder(), 'bootstrap.json'))).mode & 0o777).toBe(0o600);
    expect(server.bootstrap).toMatchObject({ enterpriseCode: 'tideline', demo: 'ready' });
    expect(server.bootstrap.people).toHaveLength(3);
  });

  it('gives the demo’s rights on the demo’s folder', async () => {
    const { body } = await server.admin.get('/grants');
    expect(body['grants']).toMatchObject([
      { path: '/Specs', spaceName: 'Engineering', to: { name: 'Engineering' }, syncRight: 'synchronizer' },
      { path: '/Specs', spaceName: 'Engineering', to: { name: 'Chen Jingrun' }, syncRight: 'backer' },
    ]);
  });

  it('[PE-1] so that Ada may sync it both ways and Chen only upload', async () => {
    const register = async (email: string, mode: string) => {
      const device = await enrollDevice(server.anybody, server.bootstrap.enrollmentToken, email);
      const { body } = await device.api.get('/drive/resolve?path=team/Engineering:/Specs');
      const { space, node } = body as unknown as { space: { id: string }; node: { id: string } };
      const wanted = { mode, spaceId: space.id, rootNodeId: node.id, localPath: '/home/x/Specs' };
      const answer = await device.api.call('PUT', `/devices/self/tasks/${crypto.randomUUID()}`, wanted);
      return answer.body.code ?? answer.body['cloudPath'];
    };
    expect(await register('ada@tideline.example', 'bidirectional')).toBe('team/Engineering:/Specs');
    expect(await register('chen@tideline.example', 'upload')).toBe('team/Engineering:/Specs');
    expect(await register('chen@tideline.example', 'bidirectional')).toBe('RIGHT_UPLOAD_ONLY');
  });

  it('has a lock of its own', () => {
    expect(new Set(Object.values(ADVISORY_LOCKS)).size).toBe(Object.values(ADVISORY_LOCKS).length);
  });

  it('happens once', async () => {
    await server.app.get(FirstStartService).run();
    expect(await findBootstrap(dataFolder())).toEqual(server.bootstrap);
    expect((await server.admin.get('/users')).body['users']).toHaveLength(4);
  });
});
