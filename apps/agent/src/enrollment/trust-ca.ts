import { readFileSync } from 'node:fs';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { AppError } from '@tideline/contracts';

/** Trusts a private certificate authority besides the usual ones, for every connection of this process. */
export function trustCa(path: string): void {
  try {
    setDefaultCACertificates([...getCACertificates('default'), readFileSync(path, 'utf8')]);
  } catch (error) {
    const reason = `the certificate file ${path}: ${error instanceof Error ? error.message : String(error)}`;
    throw new AppError('CONFIG_INVALID', { reason }, { cause: error });
  }
}
