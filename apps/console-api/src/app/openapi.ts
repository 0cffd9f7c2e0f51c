import { ErrorBody, FRAME_CONTENT_TYPE, routes, type RouteDef } from '@tideline/contracts';
import { z } from 'zod';
import {
  createDocument,
  type oas31,
  type ZodOpenApiComponentsObject,
  type ZodOpenApiOperationObject,
  type ZodOpenApiPathsObject,
} from 'zod-openapi';

export type OpenApiDocument = ReturnType<typeof createDocument>;

const SECURITY: Record<RouteDef['permission'], Record<string, string[]>[]> = {
  public: [],
  person: [{ session: [] }],
  device: [{ device: [] }],
  drive: [{ session: [] }, { device: [] }],
  'console-read': [{ session: [] }],
  'people-admin': [{ session: [] }],
  admin: [{ session: [] }],
  operator: [{ session: [] }],
};
const BYTES = { type: 'string', format: 'binary' } as const;
const FRAME_TEXT =
  'A frame: 4 bytes big-endian length of the JSON header, the header in UTF-8, then the bytes of its parts in order.';

/** The API as it is served, from the same route table that controllers and clients are bound to. */
export function createOpenApi(version: string): OpenApiDocument {
  const paths: ZodOpenApiPathsObject = {};
  const schemas: NonNullable<ZodOpenApiComponentsObject['schemas']> = { Error: ErrorBody };
  for (const [group, ofGroup] of Object.entries(routes)) {
    for (const [name, route] of Object.entries(ofGroup) as [string, RouteDef][]) {
      const url = `/api${route.path.replace(/:(\w+)/g, '{$1}')}`;
      const id = `${group}.${name}`;
      if (route.requestFrame && route.body) schemas[`${group}_${name}_request`] = toFrameHeader(route.body, 'input');
      if (route.responseFrame && route.response)
        schemas[`${group}_${name}_answer`] = toFrameHeader(route.response, 'output');
      paths[url] = { ...paths[url], [route.method.toLowerCase()]: describeRoute(route, id) };
    }
  }
  return createDocument(
    {
      openapi: '3.1.1',
      info: { title: 'Tideline', version, description: 'Errors are told by `code`; clients never read their text.' },
      paths,
      components: {
        schemas,
        securitySchemes: {
          session: { type: 'apiKey', in: 'cookie', name: 'tideline_session' },
          device: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
        },
      },
    },
    { allowEmptySchema: { transform: true, unknown: true, custom: true, any: true } },
  );
}

function describeRoute(route: RouteDef, id: string): ZodOpenApiOperationObject {
  const [group = ''] = id.split('.');
  const codes = route.errors?.length ? ` Errors of its own: ${route.errors.join(', ')}.` : '';
  return {
    operationId: id,
    tags: [group],
    summary: route.summary,
    description: `Permission: ${route.permission}.${codes}`,
    security: SECURITY[route.permission],
    requestParams: {
      ...(route.params ? { path: route.params as z.ZodObject } : {}),
      ...(route.query ? { query: route.query as z.ZodObject } : {}),
    },
    ...(route.requestBytes
      ? { requestBody: { required: true, content: { 'application/octet-stream': { schema: BYTES } } } }
      : {}),
    ...(route.body ? { requestBody: { required: true, content: describeRequest(route, route.body, id) } } : {}),
    responses: {
      200: describeAnswer(route, id),
      default: { description: 'A refusal or failure', content: { 'application/json': { schema: ErrorBody } } },
    },
  };
}

function describeRequest(route: RouteDef, body: z.ZodType, id: string) {
  if (!route.requestFrame) return { 'application/json': { schema: body } };
  return { [FRAME_CONTENT_TYPE]: { schema: { ...BYTES, description: frameText(id, 'request') } } };
}

function describeAnswer(route: RouteDef, id: string) {
  const description = route.summary;
  if (route.responseBytes) {
    return {
      description: `${description}. 206 with Content-Range when a Range was asked for.`,
      content: { 'application/octet-stream': { schema: BYTES } },
    };
  }
  if (route.responseFrame) {
    return {
      description,
      content: { [FRAME_CONTENT_TYPE]: { schema: { ...BYTES, description: frameText(id, 'answer') } } },
    };
  }
  return { description, ...(route.response ? { content: { 'application/json': { schema: route.response } } } : {}) };
}

/** Frames are bytes to OpenAPI; their header is described beside them, by the name that `frameText` tells. */
function toFrameHeader(schema: z.ZodType, io: 'input' | 'output'): oas31.SchemaObject {
  const { $schema: _, '~standard': __, ...header } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return header as oas31.SchemaObject;
}

function frameText(id: string, direction: 'request' | 'answer'): string {
  return `${FRAME_TEXT} The header is #/components/schemas/${id.replace('.', '_')}_${direction}.`;
}
