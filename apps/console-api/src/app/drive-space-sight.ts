import { Injectable } from '@nestjs/common';
import type { NodeId, Space } from '@tideline/contracts';
import { DataSource } from 'typeorm';
import { listSpacesById } from '../drive/space.store.ts';
import { AccessService } from '../grants/access.service.ts';
import type { MemberPrincipal } from '../platform/principal.ts';
import { SpaceSight } from '../platform/space-sight.ts';

/** Joins what the drive knows of spaces with what the grants let somebody see. */
@Injectable()
export class DriveSpaceSight extends SpaceSight {
  constructor(
    private readonly dataSource: DataSource,
    private readonly access: AccessService,
  ) {
    super();
  }

  override async listSpaces(principal: MemberPrincipal): Promise<Space[]> {
    const { manager } = this.dataSource;
    const visible = await this.access.listVisibleSpaces(manager, principal);
    return listSpacesById(manager, principal.enterpriseId, visible);
  }

  override async findFolderPath(principal: MemberPrincipal, nodeId: NodeId): Promise<string | undefined> {
    const { manager } = this.dataSource;
    const access = await this.access.resolve(manager, principal, [nodeId]);
    if (!access.has(nodeId)) return undefined;
    const [row] = await manager.query<{ path: string }[]>(
      `WITH RECURSIVE up AS (
         SELECT id, parent_id, name, 0 AS depth FROM node WHERE enterprise_id = $1 AND id = $2
         UNION ALL
         SELECT p.id, p.parent_id, p.name, up.depth + 1 FROM up JOIN node p ON p.enterprise_id = $1 AND p.id = up.parent_id
       )
       SELECT '/' || COALESCE(string_agg(name, '/' ORDER BY depth DESC) FILTER (WHERE parent_id IS NOT NULL), '') AS path FROM up`,
      [principal.enterpriseId, nodeId],
    );
    return row?.path;
  }
}
