/** Compares `major.minor.patch`; a pre-release is older than its release; what is no version is older than any. */
export function isOlderVersion(version: string, minimum: string): boolean {
  const ours = parseVersion(version);
  const theirs = parseVersion(minimum);
  if (!ours || !theirs) return ours === undefined;
  for (const index of [0, 1, 2] as const) {
    if (ours.numbers[index] !== theirs.numbers[index]) return ours.numbers[index] < theirs.numbers[index];
  }
  return ours.isPreRelease && !theirs.isPreRelease;
}

type Version = { readonly numbers: readonly [number, number, number]; readonly isPreRelease: boolean };

function parseVersion(text: string): Version | undefined {
  const match = /^v?(\d{1,9})\.(\d{1,9})\.(\d{1,9})(-[\w.-]+)?(?:\+[\w.-]+)?$/.exec(text);
  if (!match) return undefined;
  return { numbers: [Number(match[1]), Number(match[2]), Number(match[3])], isPreRelease: match[4] !== undefined };
}
