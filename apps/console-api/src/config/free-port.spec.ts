import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { requireFreePort } from './free-port.ts';

const server = createServer();
beforeEach(() => new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve)));
afterEach(() => new Promise((resolve) => server.close(resolve)));

describe('requireFreePort', () => {
  it('lets any free port pass', async () => {
    await expect(requireFreePort('127.0.0.1', 0)).resolves.toBeUndefined();
  });

  it('names the port that is in use', async () => {
    const { port } = server.address() as AddressInfo;
    await expect(requireFreePort('127.0.0.1', port)).rejects.toMatchObject({ code: 'PORT_IN_USE', params: { port } });
  });

  it.each([0, 4680])("names TIDELINE_HOST when it is another machine's address (port %d)", async (port) => {
    const refused = requireFreePort('192.0.2.1', port);
    await expect(refused).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    await expect(refused).rejects.toThrow(/TIDELINE_HOST 192\.0\.2\.1 is not an address of this machine\.$/);
  });
});
