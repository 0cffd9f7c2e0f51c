/** A bearer token and how long it may be used from the moment it came. */
export type AccessToken = { readonly accessToken: string; readonly lifetimeMs: number };

export type DeviceAuth = {
  /** For `ApiClientOptions.headers`. */
  readonly headers: () => Promise<Readonly<Record<string, string>>>;
  /** For `ApiClientOptions.onUnauthorized`. */
  readonly onUnauthorized: (sent: Readonly<Record<string, string>>) => boolean;
  /** A token that is good for some time yet: for the upgrade of a socket. */
  readonly token: () => Promise<string>;
  /** After a log-out or a new enrollment. */
  readonly forget: () => void;
};

export type DeviceAuthOptions = {
  /** Signs a challenge with the device key. Called by one at a time. */
  readonly requestToken: () => Promise<AccessToken>;
  /** Monotonic. */
  readonly clock: { nowMs(): number };
  /** A token is renewed when less than this is left of it. */
  readonly renewBeforeMs?: number;
};

type Held = { readonly accessToken: string; readonly untilMs: number };

/** Keeps the access token in memory only. Everybody who needs a new one waits for the same request. */
export function createDeviceAuth({ requestToken, clock, renewBeforeMs = 60_000 }: DeviceAuthOptions): DeviceAuth {
  let held: Held | undefined;
  let pending: Promise<string> | undefined;

  const renew = async (): Promise<string> => {
    const { accessToken, lifetimeMs } = await requestToken();
    held = { accessToken, untilMs: clock.nowMs() + Math.max(lifetimeMs - renewBeforeMs, renewBeforeMs) };
    return accessToken;
  };
  const token = (): Promise<string> => {
    if (held && clock.nowMs() < held.untilMs) return Promise.resolve(held.accessToken);
    pending ??= renew().finally(() => (pending = undefined));
    return pending;
  };
  return {
    token,
    headers: async () => ({ authorization: `Bearer ${await token()}` }),
    onUnauthorized: (sent) => {
      // several requests may fail with one old token: only the first of them throws it away
      if (held && sent['authorization'] === `Bearer ${held.accessToken}`) held = undefined;
      return true;
    },
    forget: () => {
      held = undefined;
    },
  };
}
