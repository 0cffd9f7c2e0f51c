type Parts = { readonly server: string; readonly secret?: string; readonly email?: string };

/** The command that enrolls a device; words in capitals are filled in by the person. */
export function enrollCommand({ server, secret = 'TOKEN', email = 'EMAIL' }: Parts): string {
  return `npx tideline enroll --server ${server} --token ${shellWord(secret)} --user ${shellWord(email)}`;
}

function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
