/**
 * Ids of the users a team admin is responsible for: members of the admin's own teams and of all teams below (PE-3).
 * A fragment for `WITH RECURSIVE`; `$1` is the enterprise, `$2` the admin or NULL for no restriction.
 */
export const RESPONSIBLE_FOR = `
  own_team AS (
    SELECT team_id AS id FROM team_member WHERE enterprise_id = $1 AND user_id = $2
    UNION SELECT t.id FROM team t JOIN own_team o ON t.enterprise_id = $1 AND t.parent_id = o.id
  ),
  own_user AS (
    SELECT m.user_id AS id FROM team_member m JOIN own_team o ON o.id = m.team_id WHERE m.enterprise_id = $1
  )`;
