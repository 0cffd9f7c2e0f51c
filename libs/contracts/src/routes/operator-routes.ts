import { z } from 'zod';
import { EnterpriseId } from '../ids.ts';
import * as people from '../people.ts';
import { defineRoute } from '../route.ts';

/** Of the platform operator, who belongs to no enterprise and sees none from inside. */
export const operatorRoutes = {
  enterprises: defineRoute({
    method: 'GET',
    path: '/operator/enterprises',
    permission: 'operator',
    summary: 'Enterprises with plan, entitlement and size',
    response: z.object({ enterprises: z.array(people.OperatedEnterprise) }),
  }),
  createEnterprise: defineRoute({
    method: 'POST',
    path: '/operator/enterprises',
    permission: 'operator',
    summary: 'Add an enterprise with its super admin, who chooses a password with the invitation',
    body: people.CreateEnterprise,
    response: z.object({ enterprise: people.OperatedEnterprise, invitation: people.Invitation }),
    errors: ['ALREADY_EXISTS'],
  }),
  setEntitlement: defineRoute({
    method: 'PUT',
    path: '/operator/enterprises/:enterpriseId/entitlement',
    permission: 'operator',
    summary: 'Entitle an enterprise code to sync backup: plan, preview flag and end (EN-1)',
    params: z.object({ enterpriseId: EnterpriseId }),
    body: people.SetEntitlement,
    response: people.OperatedEnterprise,
    errors: ['NOT_FOUND'],
  }),
};
