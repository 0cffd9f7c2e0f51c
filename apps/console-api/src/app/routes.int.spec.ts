import { randomUUID } from 'node:crypto';
import { ModulesContainer } from '@nestjs/core';
import { PATH_METADATA } from '@nestjs/common/constants.js';
import { routes, type RouteDef } from '@tideline/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ERROR_STATUS } from '../platform/error-status.ts';
import { findRoute } from '../platform/route.ts';
import type { ApiClient } from '../testing/api-client.ts';
import { startTestConsole, type TestConsole } from '../testing/test-console.ts';
import { enrollDevice } from '../testing/test-device.ts';

const contract: [id: string, route: RouteDef][] = Object.entries(routes).flatMap(([group, ofGroup]) =>
  (Object.entries(ofGroup) as [string, RouteDef][]).map(([name, route]): [string, RouteDef] => [
    `${group}.${name}`,
    route,
  ]),
);
const closed = contract.filter(([, route]) => route.permission !== 'public');

let server: TestConsole;
let callers: Record<'user' | 'device' | 'operator' | 'viewer', ApiClient>;

beforeAll(async () => {
  server = await startTestConsole('demo');
  const [ada, ben] = server.bootstrap.people ?? [];
  if (!ada || !ben) throw new Error('the demo has people');
  const { enterpriseCode, operatorEmail, operatorPassword, enrollmentToken } = server.bootstrap;
  await server.database.dataSource.query(`UPDATE app_user SET role = 'viewer' WHERE email = $1`, [ben.email]);
  callers = {
    user: await server.anybody.login({ enterpriseCode, email: ada.email, password: ada.password }),
    viewer: await server.anybody.login({ enterpriseCode, email: ben.email, password: ben.password }),
    operator: await server.anybody.login({ email: operatorEmail, password: operatorPassword }),
    device: (await enrollDevice(server.anybody, enrollmentToken, ada.email)).api,
  };
});
afterAll(() => server.stop());

type Handler = { readonly name: string; readonly route: RouteDef | undefined };
type ControllerClass = { readonly name: string; readonly prototype: Record<string, unknown> };

/** Methods of Nest controllers that answer requests. */
function handlers(): Handler[] {
  const modules = [...server.app.get(ModulesContainer).values()];
  return modules
    .flatMap((module) => [...module.controllers.values()])
    .flatMap(({ metatype }) => (metatype ? handlersOf(metatype as unknown as ControllerClass) : []));
}

function handlersOf({ name, prototype }: ControllerClass): Handler[] {
  return Object.getOwnPropertyNames(prototype)
    .map((method) => ({ method, handler: method === 'constructor' ? undefined : prototype[method] }))
    .filter(({ handler }) => typeof handler === 'function' && Reflect.hasMetadata(PATH_METADATA, handler))
    .map(({ method, handler }) => ({ name: `${name}.${method}`, route: findRoute(handler as object) }));
}

/** The route with an id nobody has in each parameter. */
const concrete = (route: RouteDef) => route.path.replace(/:\w+/g, randomUUID());
const call = (api: ApiClient, route: RouteDef) =>
  api.call(route.method, concrete(route), route.method === 'GET' || route.method === 'DELETE' ? undefined : {});

describe('the route table', () => {
  it('every handler declares a route of the contract', () => {
    const known = new Set(contract.map(([, route]) => route));
    const strangers = handlers().filter(({ route }) => !route || !known.has(route));
    expect(strangers.map(({ name }) => name)).toEqual([]);
  });

  it('every route of the contract has exactly one handler', () => {
    const handled = handlers().map(({ route }) => route);
    const counts = contract.map(([id, route]) => [id, handled.filter((each) => each === route).length]);
    expect(counts.filter(([, count]) => count !== 1)).toEqual([]);
  });

  it('is described whole by the OpenAPI document', async () => {
    const { status, body } = await server.anybody.get('/openapi.json');
    expect(status).toBe(200);
    const described = Object.entries(body['paths'] as Record<string, object>).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const expected = contract.map(([, route]) => `${route.method} /api${route.path.replace(/:(\w+)/g, '{$1}')}`);
    expect(described.sort()).toEqual(expected.sort());
  });

  it('has a status for every error that it names', () => {
    const named = contract.flatMap(([, route]) => route.errors ?? []);
    expect(named.filter((code) => !(ERROR_STATUS[code] >= 400))).toEqual([]);
  });

  it('answers unknown addresses below /api with ROUTE_UNKNOWN', async () => {
    const answer = await server.anybody.get('/nothing/here');
    expect([answer.status, answer.body.code]).toEqual([404, 'ROUTE_UNKNOWN']);
  });
});

describe('without signing in', () => {
  it.each(closed)('%s is refused', async (_, route) => {
    const answer = await call(server.anybody, route);
    expect([answer.status, answer.body.code]).toEqual([401, 'NOT_SIGNED_IN']);
  });
});

describe('[PE-3] with the wrong kind of account', () => {
  const allowed: Record<keyof typeof callers, RouteDef['permission'][]> = {
    user: ['person', 'drive'],
    viewer: ['person', 'drive', 'console-read'],
    operator: ['person', 'operator'],
    device: ['device', 'drive'],
  };
  const rows = (Object.keys(allowed) as (keyof typeof allowed)[]).flatMap((who) =>
    closed
      .filter(([, route]) => !allowed[who].includes(route.permission))
      .map(([id, route]): [string, string, RouteDef] => [who, id, route]),
  );
  it.each(rows)('%s may not call %s', async (who, _, route) => {
    const answer = await call(callers[who as keyof typeof callers], route);
    expect([answer.status, answer.body.code]).toEqual([403, 'FORBIDDEN']);
  });
});
