import { expect, it } from 'vitest';
import { createDeviceAuth } from './device-auth.ts';

function auth(lifetimeMs = 900_000) {
  let nowMs = 0;
  let asked = 0;
  const device = createDeviceAuth({
    requestToken: async () => ({ accessToken: `t${(asked += 1)}`, lifetimeMs }),
    clock: { nowMs: () => nowMs },
  });
  return { device, asked: () => asked, pass: (ms: number) => (nowMs += ms) };
}

it('asks for one token however many wait for it', async () => {
  const { device, asked } = auth();
  expect(await Promise.all([device.token(), device.token(), device.token()])).toEqual(['t1', 't1', 't1']);
  expect(asked()).toBe(1);
});

it('renews the token before it expires', async () => {
  const { device, pass } = auth(900_000);
  await device.token();
  pass(839_999);
  expect(await device.token()).toBe('t1');
  pass(1);
  expect(await device.token()).toBe('t2');
});

it('keeps a token for a while even when the clocks disagree and it seems to be over', async () => {
  const { device, asked } = auth(-86_400_000);
  await device.token();
  await device.token();
  expect(asked()).toBe(1);
});

it('throws a refused token away once, not again for those that were refused with it', async () => {
  const { device, asked } = auth();
  const sent = await device.headers();
  expect(device.onUnauthorized(sent)).toBe(true);
  expect(await device.headers()).toEqual({ authorization: 'Bearer t2' });
  device.onUnauthorized(sent);
  expect(await device.headers()).toEqual({ authorization: 'Bearer t2' });
  expect(asked()).toBe(2);
});

it('asks again after a failure', async () => {
  let fails = true;
  const device = createDeviceAuth({
    requestToken: async () => {
      if (fails) throw new Error('away');
      return { accessToken: 't', lifetimeMs: 1 };
    },
    clock: { nowMs: () => 0 },
  });
  await expect(device.token()).rejects.toThrow('away');
  fails = false;
  expect(await device.token()).toBe('t');
});
