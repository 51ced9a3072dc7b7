import * as z from 'zod';

/** Something that an API can do. Paths name their parameters as OpenAPI does: `/orders/{id}`. */
export interface Operation {
  readonly method: 'get' | 'post' | 'put';
  readonly path: string;
  readonly summary: string;
  /** Each a text in the query, with what it is; none is required. */
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: z.ZodType;
  /** What is answered when all goes well. */
  readonly status: number;
  readonly answer: z.ZodType;
  /** @default 'application/json' */
  readonly mediaType?: string;
  /** What can go wrong, beside 400 and 503; status and when. */
  readonly problems?: Readonly<Record<number, string>>;
}

const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
  decision: z.string().optional(),
  decidedAt: z.string().optional(),
  decidedBy: z.array(z.string()).optional(),
});

/** The document that describes an API, made of the very schemas that its bodies are checked with. OpenAPI 3.1. */
export function openApiDocument(title: string, operations: readonly Operation[]): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const operation of operations) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: describe(operation) };
  }
  return {
    openapi: '3.1.0',
    info: { title, version: '1', license: { name: 'MIT-0', identifier: 'MIT-0' } },
    paths,
    components: { schemas: { Problem: schemaOf(problemSchema, 'output') } },
  };
}

function describe(operation: Operation) {
  const { method, path, summary, query = {}, headers = {}, body, status, answer, mediaType, problems = {} } = operation;
  const parameters = [
    ...[...path.matchAll(/\{(\w+)\}/gv)].map(([, name = '']) => parameter('path', name, `The ${name}.`)),
    ...Object.entries(query).map(([name, what]) => parameter('query', name, what)),
    ...Object.entries(headers).map(([name, what]) => parameter('header', name, what)),
  ];
  const failures = {
    400: 'The request is not what it should be.',
    ...problems,
    503: 'Try again: nothing is done twice.',
  };
  return {
    operationId: operationId(method, path),
    summary,
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: { required: true, content: content(schemaOf(body, 'input')) } }),
    responses: {
      [status]: { description: summary, content: content(schemaOf(answer, 'output'), mediaType) },
      ...Object.fromEntries(
        Object.entries(failures).map(([code, description]) => [
          code,
          {
            description,
            content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
          },
        ]),
      ),
    },
  };
}

function parameter(place: 'path' | 'query' | 'header', name: string, description: string) {
  return { name, in: place, required: place === 'path', description, schema: { type: 'string' } };
}

/** `postOrdersIdConfirmation`. */
function operationId(method: string, path: string): string {
  return method + path.replaceAll(/[^A-Za-z]+([A-Za-z]?)/gv, (_, letter: string) => letter.toUpperCase());
}

function content(schema: object, mediaType = 'application/json') {
  return { [mediaType]: { schema } };
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
}
