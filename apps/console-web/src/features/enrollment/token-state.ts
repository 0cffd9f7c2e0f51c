export type TokenState = 'usable' | 'revoked' | 'expired' | 'used_up';
type TokenFacts = {
  readonly revoked: boolean;
  readonly expiresAt: string | null;
  readonly uses: number;
  readonly maxUses: number | null;
};

/** Why a token no longer enrolls anything, the final reason first. */
export function tokenState(token: TokenFacts, nowMs: number): TokenState {
  if (token.revoked) return 'revoked';
  if (token.maxUses !== null && token.uses >= token.maxUses) return 'used_up';
  if (token.expiresAt !== null && Date.parse(token.expiresAt) <= nowMs) return 'expired';
  return 'usable';
}
