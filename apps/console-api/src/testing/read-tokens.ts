/** An answer with what its opaque texts hold for whoever decodes them: what is hidden must not be in there either. */
export function readTokens(answer: string): string {
  const tokens = answer.match(/[\w+/-]{8,}/g) ?? [];
  return [answer, ...tokens.map((token) => Buffer.from(token, 'base64url').toString())].join('\n');
}
