import { REPOSITORY, World, signIn } from '@tideline/testing';
import { routes } from '@tideline/contracts';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { findHindrances } from './axe.ts';
import { findBrowser } from './chromium.ts';

const SHOTS = join(REPOSITORY, 'test-results/web');
const LIVE = { timeout: 15_000 };
const found = await findBrowser();
const title = found.browser ? 'my devices in Chromium' : `my devices in Chromium (not to be had: ${found.reason})`;

describe.skipIf(!found.browser)(title, () => {
  let world: World;
  let page: Page;

  beforeAll(async () => {
    world = await World.start();
    const ada = await world.admin.user('Ada');
    const { secret } = await world.admin.api.call(routes.enterprise.createEnrollmentToken, {
      body: { label: 'Laptops', userIds: [ada.id], maxUses: 1, validHours: 1 },
    });
    await world.device('ada').enroll(world.console.url, secret, ada.email);
    const opened = await found.browser?.newContext({ locale: 'en-US', baseURL: world.console.url });
    if (!opened) throw new Error('there is no browser');
    page = await opened.newPage();
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

  const readsPersonalSpace = async () => {
    const { enterpriseCode } = world.console.bootstrap;
    const logOn = { url: world.console.url, enterpriseCode, email: 'ada@example.org', password: 'Ada-password-1' };
    const { devices } = await (await signIn(logOn)).call(routes.session.ownDevices, {});
    return devices.map((device) => device.readsPersonalSpace);
  };

  test('[PE-5] the person is told of a device that waits for them, wherever they are', async () => {
    await page.goto('/files/');
    await page.getByLabel('Enterprise code').fill(world.console.bootstrap.enterpriseCode);
    await page.getByLabel('E-mail').fill('ada@example.org');
    await page.getByLabel('Password').fill('Ada-password-1');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('was enrolled in your name and waits for your confirmation').waitFor(LIVE);
    await page.getByRole('link', { name: 'Look at my devices' }).click();
    await page.waitForURL(/\/my-devices\//, LIVE);
    await page.getByText('Waits for your confirmation', { exact: true }).waitFor(LIVE);
    expect(await findHindrances(page)).toEqual([]);
  });

  test('[PE-5] nothing is opened by a dialog that is cancelled', async () => {
    await page.getByRole('button', { name: /^Open personal space to/ }).click();
    await page.getByText('Whoever uses this PC can then see them.').waitFor(LIVE);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached', ...LIVE });
    expect(await readsPersonalSpace()).toEqual([false]);
  });

  test('[PE-5] a confirmed device may read the personal space, and the notice goes', async () => {
    await page.getByRole('button', { name: /^Open personal space to/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Open personal space' }).click();
    await page.getByText('May read it', { exact: true }).waitFor(LIVE);
    expect(await page.getByText('waits for your confirmation').count()).toBe(0);
    expect(await readsPersonalSpace()).toEqual([true]);
  });
});
