import { isArray, isObject, type Json, type JsonObject } from '../../../../asl/src/index.ts';
import { givenMember, shapeOf, shownMembers, type Codec } from './codec.ts';
import type { MemberRef, StructureShape } from './model.ts';
import { blobBytes, blobText, instantOf, isNumber, plainText, writtenInstant } from './scalars.ts';

/** A parameter as the JSON protocols send it. */
export function toWireJson(value: Json, ref: MemberRef, codec: Codec): Json {
  const shape = shapeOf(codec, ref);
  if (shape === undefined) return scalarToWire(value, ref);
  if (shape.type === 'list') return isArray(value) ? value.map((item) => toWireJson(item, shape.member, codec)) : value;
  if (!isObject(value) || shape.type === 'document') return value;
  if (shape.type === 'structure') return structureToWire(value, shape, codec);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toWireJson(item, shape.value, codec)]));
}

/** The members that go into the body; the others have their places in the path, the query and the headers. */
export function structureToWire(value: JsonObject, shape: StructureShape, codec: Codec): JsonObject {
  const entries: [string, Json][] = [];
  for (const { member, ref } of shownMembers(codec, shape)) {
    const given = givenMember(value, member, codec);
    if (given === undefined || given === null || ref.location !== undefined) continue;
    entries.push([ref.locationName ?? member, toWireJson(given, ref, codec)]);
  }
  return Object.fromEntries(entries);
}

function scalarToWire(value: Json, ref: MemberRef): Json {
  if (value === null) return null;
  switch (ref.type) {
    case 'timestamp':
      return writtenInstant(value, ref.timestampFormat ?? 'unixTimestamp');
    case 'blob':
      return blobBytes(value, ref).toString('base64');
    case 'boolean':
      return typeof value === 'string' ? value === 'true' : value;
    case undefined:
    case 'string':
      return plainText(value);
    default:
      return isNumber(ref.type) && typeof value === 'string' ? Number(value) : value;
  }
}

/** What a service sent, in the names that Step Functions shows. Members that the model does not know are left out, as the SDK does. */
export function fromWireJson(value: Json, ref: MemberRef, codec: Codec): Json {
  const shape = shapeOf(codec, ref);
  if (shape === undefined) return scalarFromWire(value, ref, codec);
  if (shape.type === 'list')
    return isArray(value) ? value.map((item) => fromWireJson(item, shape.member, codec)) : value;
  if (!isObject(value) || shape.type === 'document') return value;
  if (shape.type === 'structure') return structureFromWire(value, shape, codec);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fromWireJson(item, shape.value, codec)]));
}

export function structureFromWire(value: JsonObject, shape: StructureShape, codec: Codec): JsonObject {
  const entries: [string, Json][] = [];
  for (const { name, member, ref } of shownMembers(codec, shape)) {
    const given = value[ref.locationName ?? member];
    if (given !== undefined && given !== null && ref.location === undefined)
      entries.push([name, fromWireJson(given, ref, codec)]);
  }
  return Object.fromEntries(entries);
}

function scalarFromWire(value: Json, ref: MemberRef, codec: Codec): Json {
  if (ref.type === 'timestamp') {
    const instant = instantOf(value);
    return instant === undefined ? value : codec.shownInstant(instant);
  }
  if (ref.type === 'blob' && typeof value === 'string') return blobText(Buffer.from(value, 'base64'));
  return value;
}
