/** Output of the repository's tools: short lines, progress while something takes long, one line per error. */

export function say(line = '') {
  process.stdout.write(`${line}\n`);
}

/** One line with a code and what to do, as the whole product answers errors. */
export function sayError(code, message, fix) {
  process.stderr.write(`${code}: ${message}${fix ? ` ${fix}` : ''}\n`);
}

export class ToolError extends Error {
  constructor(code, message, fix) {
    super(message);
    this.code = code;
    this.fix = fix;
  }
}

/** Says what is being done, and every ten seconds that it is still being done. */
export async function withProgress(title, work) {
  const startedAt = Date.now();
  const seconds = () => Math.round((Date.now() - startedAt) / 1000);
  say(`${title} …`);
  const timer = setInterval(() => say(`${title}: ${seconds()} s so far`), 10_000);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    if (seconds() > 0) say(`${title}: took ${seconds()} s`);
  }
}

/** A path as a shell takes it. */
export function quote(path) {
  return /^[\w./~-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
