/**
 * SQL: what a row of folder_grant says now. A role or list of actions and a sync right each have an end of their own (PE-1), so
 * that neither brings back or ends the other; an axis that has ended says nothing.
 */
export function areActionsLive(grant: string): string {
  return `(${grant}.expires_at IS NULL OR ${grant}.expires_at > now())`;
}

export function isSyncRightLive(grant: string): string {
  return `(${grant}.sync_expires_at IS NULL OR ${grant}.sync_expires_at > now())`;
}

/** Whether the row says anything. */
export function isLive(grant: string): string {
  return `((${grant}.role IS NOT NULL OR ${grant}.atoms IS NOT NULL) AND ${areActionsLive(grant)}
    OR ${grant}.sync_right IS NOT NULL AND ${isSyncRightLive(grant)})`;
}

export function liveAxes(grant: string): string {
  const live = areActionsLive(grant);
  return `CASE WHEN ${live} THEN ${grant}.role END AS role,
    CASE WHEN ${live} THEN ${grant}.action_list_id END AS "actionListId",
    CASE WHEN ${live} THEN ${grant}.atoms END AS atoms,
    CASE WHEN ${isSyncRightLive(grant)} THEN ${grant}.sync_right END AS "syncRight"`;
}
