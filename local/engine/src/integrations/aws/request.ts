import { createHash, randomUUID } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { isArray, isObject, jsonText, type Json, type JsonObject } from '../../../../asl/src/index.ts';
import { escaped } from '../escape.ts';
import { givenMember, shapeOf, structureOf, type Codec } from './codec.ts';
import { structureToWire, toWireJson } from './json-shapes.ts';
import type { MemberRef, Operation, StructureShape } from './model.ts';
import { queryForm } from './query-shapes.ts';
import { blobBytes, plainText, scalarText } from './scalars.ts';
import { toXml } from './xml-shapes.ts';

/** A request before it has a host and a signature. */
export interface AwsRequest {
  readonly method: string;
  /** Escaped; begins with a slash. */
  readonly path: string;
  readonly query: readonly (readonly [string, string])[];
  /** The names in small letters. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** A parameter that leaves the request without its path. */
export class MissingParameter extends Error {
  readonly parameter: string;

  constructor(parameter: string) {
    super(`The field '${parameter}' is required but was missing`);
    this.parameter = parameter;
  }
}

/**
 * Writes a call in the protocol of its service.
 *
 * @throws {MissingParameter} if a part of the path is not given.
 */
export function awsRequest(
  operationName: string,
  operation: Operation,
  parameters: JsonObject,
  codec: Codec,
  rawBody?: Buffer,
): AwsRequest {
  const input = withTokens(parameters, operation, codec);
  const request = inProtocol(operationName, operation, input, codec);
  const body = rawBody ?? request.body;
  return {
    ...request,
    body,
    headers: {
      ...(operation.needsMd5 === true && { 'content-md5': createHash('md5').update(body).digest('base64') }),
      ...(operation.takesChecksum === true && checksum(request.headers, body)),
      ...request.headers,
    },
  };
}

function inProtocol(operationName: string, operation: Operation, input: JsonObject, codec: Codec): AwsRequest {
  const { protocol, jsonVersion = '1.0', targetPrefix = '', isQueryCompatible } = codec.model;
  switch (protocol) {
    case 'json': {
      const shape = structureOf(codec, operation.input);
      return posted(
        `application/x-amz-json-${jsonVersion}`,
        jsonText(shape === undefined ? {} : structureToWire(input, shape, codec)),
        {
          'x-amz-target': `${targetPrefix}.${operationName}`,
          ...(isQueryCompatible === true && { 'x-amzn-query-mode': 'true' }),
        },
      );
    }
    case 'query':
    case 'ec2':
      return posted(
        'application/x-www-form-urlencoded; charset=utf-8',
        queryForm(operationName, operation, input, codec).toString(),
        {},
      );
    case 'rest-json':
    case 'rest-xml':
      return restRequest(operation, input, codec);
  }
}

function posted(contentType: string, body: string, headers: Record<string, string>): AwsRequest {
  return {
    method: 'POST',
    path: '/',
    query: [],
    headers: { 'content-type': contentType, ...headers },
    body: Buffer.from(body),
  };
}

function restRequest(operation: Operation, input: JsonObject, codec: Codec): AwsRequest {
  const { method = 'POST', path: template = '/' } = operation;
  const shape = structureOf(codec, operation.input);
  const [pathTemplate = '', fixedQuery] = template.split('?');
  const query: [string, string][] = [...new URLSearchParams(fixedQuery)];
  const headers: Record<string, string> = {};
  let path = pathTemplate;
  for (const [member, ref] of Object.entries(shape?.members ?? {})) {
    const given = givenMember(input, member, codec) ?? null;
    if (ref.location === 'uri') path = withLabel(path, ref.locationName ?? member, codec.shownName(member), given, ref);
    if (given === null) continue;
    if (ref.location === 'querystring') query.push(...queryPairs(ref.locationName ?? member, given, ref, codec));
    if (ref.location === 'header') headers[(ref.locationName ?? member).toLowerCase()] = headerText(given, ref, codec);
    if (ref.location === 'headers' && isObject(given))
      for (const [key, value] of Object.entries(given))
        headers[`${ref.locationName ?? ''}${key}`.toLowerCase()] = plainText(value);
  }
  const { body, contentType } = shape === undefined ? NOTHING : restBody(operation, input, shape, codec);
  return {
    method,
    path,
    query,
    headers: { ...(contentType !== undefined && { 'content-type': contentType }), ...headers },
    body,
  };
}

const NOTHING: { body: Buffer; contentType?: string } = { body: Buffer.alloc(0) };

function restBody(
  { input: root = {} }: Operation,
  input: JsonObject,
  shape: StructureShape,
  codec: Codec,
): { body: Buffer; contentType?: string } {
  const isXml = codec.model.protocol === 'rest-xml';
  if (shape.payload !== undefined)
    return payloadBody(givenMember(input, shape.payload, codec), shape.payload, shape, codec);
  if (!Object.values(shape.members).some(({ location }) => location === undefined)) return NOTHING;
  if (!isXml)
    return { body: Buffer.from(jsonText(structureToWire(input, shape, codec))), contentType: 'application/json' };
  const text = toXml(root.locationName ?? root.shape ?? '', input, root, codec, root.xmlNamespace);
  return { body: Buffer.from(text), contentType: 'application/xml' };
}

/** One member is the body: a structure in the protocol's format, anything else raw. */
function payloadBody(
  given: Json | undefined,
  member: string,
  shape: StructureShape,
  codec: Codec,
): { body: Buffer; contentType?: string } {
  const ref = shape.members[member];
  if (given === undefined || given === null || ref === undefined) return NOTHING;
  if (ref.type === 'blob') return { body: blobBytes(given, ref), contentType: 'application/octet-stream' };
  if (ref.shape === undefined) return { body: Buffer.from(plainText(given)), contentType: 'text/plain' };
  if (codec.model.protocol === 'rest-json')
    return { body: Buffer.from(jsonText(toWireJson(given, ref, codec))), contentType: 'application/json' };
  const text = toXml(ref.locationName ?? member, given, ref, codec, ref.xmlNamespace);
  return { body: Buffer.from(text), contentType: 'application/xml' };
}

function withLabel(path: string, label: string, name: string, given: Json, ref: MemberRef): string {
  const text = given === null ? '' : scalarText(given, ref, { timestamps: 'iso8601' });
  if (text === '') throw new MissingParameter(name);
  return path
    .replace(`{${label}}`, () => escaped(text))
    .replace(`{${label}+}`, () => text.split('/').map(escaped).join('/'));
}

function queryPairs(wireName: string, given: Json, ref: MemberRef, codec: Codec): [string, string][] {
  const shape = shapeOf(codec, ref);
  if (shape?.type === 'map' && isObject(given))
    return Object.entries(given).flatMap(([key, value]) => queryPairs(key, value, shape.value, codec));
  const itemRef = shape?.type === 'list' ? shape.member : ref;
  const items = isArray(given) ? given : [given];
  return items.map((item) => [wireName, scalarText(item, itemRef, { timestamps: 'iso8601' })]);
}

function headerText(given: Json, ref: MemberRef, codec: Codec): string {
  const shape = shapeOf(codec, ref);
  const itemRef = shape?.type === 'list' ? shape.member : ref;
  return (isArray(given) ? given : [given])
    .map((item) => scalarText(item, itemRef, { timestamps: 'rfc822' }))
    .join(',');
}

/** A token that makes a call idempotent is made by the SDK where the caller gives none. */
function withTokens(input: JsonObject, operation: Operation, codec: Codec): JsonObject {
  const tokens = Object.entries(structureOf(codec, operation.input)?.members ?? {})
    .filter(([member, ref]) => ref.idempotencyToken === true && (givenMember(input, member, codec) ?? null) === null)
    .map(([member]) => [codec.shownName(member), randomUUID()]);
  return { ...input, ...Object.fromEntries(tokens) };
}

/** As the SDK does it: CRC-32, unless the caller brings a checksum or asks for another algorithm. */
function checksum(headers: Readonly<Record<string, string>>, body: Buffer): Record<string, string> {
  if (Object.keys(headers).some((name) => name.startsWith('x-amz-checksum-'))) return {};
  const algorithm = headers['x-amz-sdk-checksum-algorithm'] ?? 'CRC32';
  const sum = checksumBytes(algorithm, body);
  if (sum === undefined) return {};
  return {
    'x-amz-sdk-checksum-algorithm': algorithm,
    [`x-amz-checksum-${algorithm.toLowerCase()}`]: sum.toString('base64'),
  };
}

/** @returns `undefined` for an algorithm that Node does not have; the service says what it makes of that */
function checksumBytes(algorithm: string, body: Buffer): Buffer | undefined {
  if (algorithm === 'SHA1' || algorithm === 'SHA256') return createHash(algorithm.toLowerCase()).update(body).digest();
  if (algorithm !== 'CRC32') return undefined;
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return sum;
}
