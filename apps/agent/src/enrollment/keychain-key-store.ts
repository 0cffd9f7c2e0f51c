import { AppError } from '@tideline/contracts';
import type { KeyStore } from './key-store.ts';

/** The part of keytar that is used. */
export type Keychain = {
  setPassword(service: string, account: string, password: string): Promise<void>;
  getPassword(service: string, account: string): Promise<string | null>;
  deletePassword(service: string, account: string): Promise<boolean>;
};

const SERVICE = 'tideline';
/** A keychain may ask its person to unlock it and wait for the answer without end. */
const ANSWER_TIMEOUT_MS = 30_000;

/** Keys in the keychain of the operating system: Secret Service, Keychain, Credential Manager. */
export function createKeychainKeyStore(
  loadKeychain: () => Promise<Keychain> = loadKeytar,
  timeoutMs: number = ANSWER_TIMEOUT_MS,
): KeyStore {
  const ask = async <T>(question: (keychain: Keychain) => Promise<T>): Promise<T> => {
    try {
      return await within(timeoutMs, loadKeychain().then(question));
    } catch (error) {
      throw new AppError('KEYCHAIN_LOCKED', {}, { cause: error });
    }
  };
  return {
    kind: 'keychain',
    save: (name, secret) => ask((keychain) => keychain.setPassword(SERVICE, name, secret)),
    read: (name) => ask((keychain) => keychain.getPassword(SERVICE, name)),
    remove: (name) => ask(async (keychain) => void (await keychain.deletePassword(SERVICE, name))),
  };
}

/** Only when it is needed: importing it throws where its system library is missing. */
async function loadKeytar(): Promise<Keychain> {
  const module: unknown = await import('keytar');
  const keychain = typeof module === 'object' && module !== null && 'default' in module ? module.default : module;
  return keychain as Keychain;
}

async function within<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('the keychain did not answer')), timeoutMs);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
