import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { routes } from '@tideline/contracts';
import { REPOSITORY, signIn as apiOf, World } from '@tideline/testing';
import type { AgentProcess } from '@tideline/testing';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { findHindrances } from './axe.ts';
import { findBrowser } from './chromium.ts';

const SHOTS = join(REPOSITORY, 'test-results/web');
const CLOUD = 'team/Engineering:/Specs';
const LIVE = { timeout: 15_000 };

const found = await findBrowser();
const title = found.browser ? 'the console in Chromium' : `the console in Chromium (not to be had: ${found.reason})`;

describe.skipIf(!found.browser)(title, () => {
  let world: World;
  let agent: AgentProcess;
  let context: BrowserContext;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    world = await World.start();
    const ada = await world.admin.user('Ada', [await world.admin.team('Engineering')]);
    await world.admin.makeFolder(CLOUD);
    await world.admin.grant(CLOUD, { user: ada }, 'synchronizer');
    agent = await world.agent('ada', ada.email);
    const opened = await found.browser?.newContext({ locale: 'en-US', baseURL: world.console.url });
    if (!opened) throw new Error('there is no browser');
    context = opened;
    page = await context.newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
  });
  afterEach(async ({ task }) => {
    if (task.result?.state !== 'fail') return;
    mkdirSync(SHOTS, { recursive: true });
    await page.screenshot({ path: join(SHOTS, `${task.name.replaceAll(/\W+/g, '-')}.png`), fullPage: true });
  });
  afterAll(async () => {
    await found.browser?.close();
    await world?.dispose();
  });

  const signIn = async (password: string) => {
    await page.getByLabel('Enterprise code').fill(world.console.bootstrap.enterpriseCode);
    await page.getByLabel('E-mail').fill(world.console.bootstrap.adminEmail);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
  };

  test('whoever is not signed in is asked to', async () => {
    await page.goto('/devices/');
    await page.waitForURL(/\/login\//, LIVE);
    expect(await findHindrances(page)).toEqual([]);
  });

  test('a wrong password is told and stays on the page', async () => {
    await signIn('not the password');
    await page.getByText('The e-mail address or the password is wrong.').waitFor(LIVE);
    expect(page.url()).toContain('/login/');
    complaints.length = 0; // the browser itself logs the refused request
  });

  test('the right one leads to the page that was asked for', async () => {
    await signIn(world.console.bootstrap.adminPassword);
    await page.waitForURL(/\/devices\//, LIVE);
    await page.getByText('PC of ada@example.org').first().waitFor(LIVE);
  });

  test('the device page shows a new task and its turning green, live, without a reload', async () => {
    await page.getByText('PC of ada@example.org').first().click();
    await page.waitForURL(/\/device\/\?id=/, LIVE);
    await page.evaluate('window.notReloaded = true');
    mkdirSync(world.path('Specs'), { recursive: true });
    for (let number = 0; number < 200; number += 1)
      writeFileSync(world.path('Specs', `${number}.txt`), `file ${number}`);
    await agent.createTask({ local: world.path('Specs'), cloud: CLOUD });
    await page.getByText('Up to date', { exact: true }).first().waitFor(LIVE);
    await page.getByText('All tasks are up to date').first().waitFor(LIVE);
    expect(await page.evaluate('window.notReloaded')).toBe(true);
  });

  test('a pause on the PC shows, and so does going on', async () => {
    const [task] = (await agent.status()).tasks;
    await agent.ask('task', 'pause', task?.id ?? '');
    await page.getByText('Paused', { exact: true }).first().waitFor(LIVE);
    await agent.ask('task', 'resume', task?.id ?? '');
    await page.getByText('Up to date', { exact: true }).first().waitFor(LIVE);
  });

  test('the file browser shows what was synced', async () => {
    await page.goto('/files/');
    await page.getByText('Engineering').first().click();
    await page.getByText('Specs').first().click();
    await page.getByText('0.txt', { exact: true }).first().waitFor(LIVE);
    expect(await findHindrances(page)).toEqual([]);
  });

  test('an admin sees in a space who copies and restores what, and can end it', async () => {
    const { console } = world;
    const of = { url: console.url, enterpriseCode: console.bootstrap.enterpriseCode };
    const ada = await apiOf({ ...of, email: 'ada@example.org', password: 'Ada-password-1' });
    const { node, space } = await world.admin.folder(CLOUD);
    await ada.call(routes.copy.copyNode, {
      params: { nodeId: node.id },
      body: { parentId: node.id, name: 'Specs of today', opId: crypto.randomUUID() },
    });
    const body = { at: new Date().toISOString() };
    await ada.call(routes.restore.plan, { params: { nodeId: node.id }, body });
    await page.goto(`/files/?space=${space.id}`);
    await page.getByRole('link', { name: 'Copies and restores' }).click();
    const copies = page.getByRole('region', { name: 'Copies' });
    await copies.getByRole('row', { name: /Specs of today.*Ada.*Done/ }).waitFor(LIVE);
    const restores = page.getByRole('region', { name: 'Restores' });
    await restores.getByRole('row', { name: /Specs.*Ada.*Ready to restore/ }).waitFor(LIVE);
    expect(await findHindrances(page)).toEqual([]);
    await restores.getByRole('button', { name: 'Cancel Specs' }).click();
    await page.getByRole('button', { name: 'Cancel the restore' }).click();
    await restores.getByRole('row', { name: /Specs.*Ada.*Cancelled/ }).waitFor(LIVE);
  });

  test.each(['/', '/devices/', '/device/', '/people/', '/enrollment/', '/settings/'])(
    '%s has no serious hindrance for anybody',
    async (path) => {
      await page.goto(path === '/device/' ? await deviceAddress() : path);
      await page.getByRole('main').waitFor(LIVE);
      await page.waitForLoadState('networkidle');
      expect(await findHindrances(page)).toEqual([]);
    },
  );

  test('no page complained: no error, nothing against the content security policy', () => {
    expect(complaints).toEqual([]);
  });

  async function deviceAddress(): Promise<string> {
    await page.goto('/devices/');
    await page.getByText('PC of ada@example.org').first().click();
    await page.waitForURL(/\/device\/\?id=/, LIVE);
    return page.url();
  }
});
