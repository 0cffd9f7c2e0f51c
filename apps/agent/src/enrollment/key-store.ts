/**
 * Where the device's private key rests. `name` holds the state directory's id, so that several agents of one person never meet.
 * A store that cannot be asked throws KEYCHAIN_LOCKED; `null` means that it was asked and has no such key.
 */
export type KeyStore = {
  readonly kind: 'keychain' | 'file';
  save(name: string, secret: string): Promise<void>;
  read(name: string): Promise<string | null>;
  /** Harmless when there is none. */
  remove(name: string): Promise<void>;
};
