import { isObject, type Json, type JsonObject } from '../../../../asl/src/index.ts';
import type { HttpReply } from '../http-exchange.ts';
import { shapeOf, shownMembers, structureOf, type Codec } from './codec.ts';
import { fromWireJson, structureFromWire } from './json-shapes.ts';
import type { MemberRef, Operation, StructureShape } from './model.ts';
import { blobText, scalarFromText } from './scalars.ts';
import { fromXml, structureFromXml } from './xml-shapes.ts';
import { childNamed, parseXml, type XmlElement } from './xml.ts';

export type AwsReply = AwsOutput | AwsRefusal;

export interface AwsOutput {
  readonly kind: 'output';
  readonly output: JsonObject;
  readonly requestId: string | undefined;
  readonly http: HttpReply;
}

/** The service answered that it did not do it. */
export interface AwsRefusal {
  readonly kind: 'refusal';
  /** As the service says it, such as `NotFound`. */
  readonly code: string;
  /** The error of the model that the code stands for, if it is one. */
  readonly errorName: string | undefined;
  readonly message: string | undefined;
  readonly statusCode: number;
  readonly requestId: string | undefined;
  readonly extendedRequestId: string | undefined;
}

/** Reads an answer in the protocol of its service. */
export function awsReply(operation: Operation, http: HttpReply, codec: Codec): AwsReply {
  const isJson = codec.model.protocol === 'json' || codec.model.protocol === 'rest-json';
  const xml = isJson ? undefined : parseXml(http.body.toString());
  // Amazon S3 may begin with 200 before it knows how a long call ends.
  const isRefused = http.statusCode >= 300 || (codec.model.protocol === 'rest-xml' && xml?.name === 'Error');
  if (isRefused) return isJson ? jsonRefusal(http, codec) : xmlRefusal(operation, http, xml, codec);
  return { kind: 'output', output: outputOf(operation, http, xml, codec), requestId: requestIdOf(http, xml), http };
}

function outputOf(operation: Operation, http: HttpReply, xml: XmlElement | undefined, codec: Codec): JsonObject {
  const shape = structureOf(codec, operation.output);
  if (shape === undefined) return {};
  switch (codec.model.protocol) {
    case 'json':
      return structureFromWire(bodyObject(http), shape, codec);
    case 'query':
    case 'ec2': {
      const wrapper = operation.output?.resultWrapper;
      const result = wrapper === undefined ? xml : childNamed(xml, wrapper);
      return result === undefined ? {} : structureFromXml(result, shape, codec);
    }
    case 'rest-json':
    case 'rest-xml':
      return { ...restHead(http, shape, codec), ...restBody(http, xml, shape, codec) };
  }
}

/** What stands in the status and the headers. */
function restHead(http: HttpReply, shape: StructureShape, codec: Codec): JsonObject {
  const entries: [string, Json][] = [];
  for (const { name, member, ref } of shownMembers(codec, shape)) {
    const value = fromHead(http, member, ref, codec);
    if (value !== undefined) entries.push([name, value]);
  }
  return Object.fromEntries(entries);
}

function fromHead(http: HttpReply, member: string, ref: MemberRef, codec: Codec): Json | undefined {
  if (ref.location === 'statusCode') return http.statusCode;
  if (ref.location === 'headers') return prefixed(http, ref.locationName ?? '');
  if (ref.location !== 'header') return undefined;
  const text = http.header((ref.locationName ?? member).toLowerCase());
  if (text === undefined) return undefined;
  const shape = shapeOf(codec, ref);
  if (shape?.type !== 'list') return scalarFromText(text, ref, codec.shownInstant);
  return text.split(',').map((item) => scalarFromText(item.trim(), shape.member, codec.shownInstant) ?? null);
}

function prefixed(http: HttpReply, prefix: string): JsonObject {
  const entries = Object.entries(http.headers).filter(([name]) => name.toLowerCase().startsWith(prefix.toLowerCase()));
  return Object.fromEntries(entries.map(([name, values]) => [name.slice(prefix.length), values.join(',')]));
}

function restBody(http: HttpReply, xml: XmlElement | undefined, shape: StructureShape, codec: Codec): JsonObject {
  const ref = shape.payload === undefined ? undefined : shape.members[shape.payload];
  if (shape.payload === undefined || ref === undefined) {
    if (codec.model.protocol === 'rest-json') return structureFromWire(bodyObject(http), shape, codec);
    return xml === undefined ? {} : (bareRoot(xml, shape, codec) ?? structureFromXml(xml, shape, codec));
  }
  const payload = payloadOf(http, xml, ref, codec);
  return payload === undefined ? {} : { [codec.shownName(shape.payload)]: payload };
}

function payloadOf(http: HttpReply, xml: XmlElement | undefined, ref: MemberRef, codec: Codec): Json | undefined {
  // What is streamed is text to Step Functions, whatever its bytes; as recorded from GetObject.
  if (ref.type === 'blob') return ref.streaming === true ? http.body.toString() : blobText(http.body);
  if (ref.shape === undefined) return http.body.toString();
  if (http.body.length === 0) return undefined;
  if (codec.model.protocol === 'rest-xml') return xml === undefined ? undefined : fromXml(xml, ref, codec);
  return fromWireJson(bodyJson(http) ?? {}, ref, codec);
}

/** GetBucketLocation answers with its one member as the root. */
function bareRoot(xml: XmlElement, shape: StructureShape, codec: Codec): JsonObject | undefined {
  if (xml.children.length > 0 || xml.text === '') return undefined;
  const [member] = shownMembers(codec, shape).filter(({ member, ref }) => (ref.locationName ?? member) === xml.name);
  return member === undefined ? undefined : { [member.name]: xml.text };
}

function jsonRefusal(http: HttpReply, codec: Codec): AwsRefusal {
  const body = bodyObject(http);
  const type =
    http.header('x-amzn-errortype') ?? textOf(body['__type']) ?? textOf(body['code']) ?? textOf(body['Code']);
  const name = type?.split(':')[0]?.split('#').at(-1) ?? String(http.statusCode);
  // A service that came from the query protocol tells the code that it had there.
  const queryCode = http.header('x-amzn-query-error')?.split(';')[0];
  return refusal(http, codec, {
    code: queryCode ?? name,
    errorName: modelled(codec, name),
    message: textOf(body['message']) ?? textOf(body['Message']) ?? textOf(body['errorMessage']),
    requestId: requestIdOf(http, undefined),
  });
}

function xmlRefusal(operation: Operation, http: HttpReply, xml: XmlElement | undefined, codec: Codec): AwsRefusal {
  const error =
    xml?.name === 'Error' ? xml : (childNamed(xml, 'Error') ?? childNamed(childNamed(xml, 'Errors'), 'Error'));
  const code = childNamed(error, 'Code')?.text ?? headCode(operation, http) ?? String(http.statusCode);
  return refusal(http, codec, {
    code,
    errorName: modelled(codec, code),
    message: childNamed(error, 'Message')?.text,
    requestId: requestIdOf(http, xml),
  });
}

/** HEAD has no body to name the error; the SDK for Java takes it from what was asked for. */
function headCode({ method, path = '' }: Operation, { statusCode }: HttpReply): string | undefined {
  if (method !== 'HEAD' || statusCode !== 404) return undefined;
  if (path.includes('{Key+}')) return 'NoSuchKey';
  return path.includes('{Bucket}') ? 'NoSuchBucket' : undefined;
}

function refusal(
  http: HttpReply,
  codec: Codec,
  said: Pick<AwsRefusal, 'code' | 'errorName' | 'message' | 'requestId'>,
): AwsRefusal {
  const extendedRequestId = codec.model.serviceId.startsWith('S3') ? http.header('x-amz-id-2') : undefined;
  return { kind: 'refusal', ...said, statusCode: http.statusCode, extendedRequestId };
}

function modelled({ model }: Codec, code: string): string | undefined {
  if (Object.hasOwn(model.errors, code)) return model.errors[code];
  return Object.values(model.errors).find((name) => name === code);
}

function requestIdOf(http: HttpReply, xml: XmlElement | undefined): string | undefined {
  const inHeaders = http.header('x-amzn-requestid') ?? http.header('x-amz-request-id');
  if (inHeaders !== undefined) return inHeaders;
  const metadata = childNamed(xml, 'ResponseMetadata') ?? xml;
  return (childNamed(metadata, 'RequestId') ?? childNamed(metadata, 'RequestID') ?? childNamed(metadata, 'requestId'))
    ?.text;
}

function bodyObject(http: HttpReply): JsonObject {
  const value = bodyJson(http);
  return isObject(value) ? value : {};
}

function bodyJson(http: HttpReply): Json | undefined {
  try {
    return JSON.parse(http.body.toString()) as Json;
  } catch {
    return undefined;
  }
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
