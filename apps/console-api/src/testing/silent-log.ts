import type { LoggerService } from '@nestjs/common';

/** Keeps what went wrong, so that a test that fails can say it. */
export class SilentLog implements LoggerService {
  readonly errors: unknown[] = [];

  log(): void {}
  warn(): void {}
  error(message: unknown): void {
    this.errors.push(message);
  }
}
