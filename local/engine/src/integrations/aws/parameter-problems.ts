import { isArray, isObject, type Json, type JsonObject } from '../../../../asl/src/index.ts';
import { givenMember, shapeOf, structureOf, type Codec } from './codec.ts';
import type { MemberRef, Operation, StructureShape } from './model.ts';
import { capitalized } from './names.ts';
import { instantOf, isNumber } from './scalars.ts';

/** Where Step Functions makes JSON text of what is no text, which it does not do everywhere. */
export type TextRule = (value: Json, name: string, isTopLevel: boolean) => boolean;

/** What is wrong with parameters before the call, in the words of Step Functions; what the service would refuse is left to it. */
export function parameterProblems(
  parameters: Json,
  operation: Operation,
  codec: Codec,
  takesAsText: TextRule,
): string[] {
  const shape = structureOf(codec, operation.input);
  const given: JsonObject = isObject(parameters) ? parameters : {};
  return [...missing(given, shape, codec), ...ofStructure(given, shape, codec, takesAsText, true)];
}

function missing(given: JsonObject, shape: StructureShape | undefined, codec: Codec): string[] {
  return (shape?.required ?? [])
    .filter((member) => shape?.members[member]?.idempotencyToken !== true)
    .filter((member) => givenMember(given, member, codec) === undefined)
    .map((member) => `The field '${codec.shownName(member)}' is required but was missing`);
}

function ofStructure(
  given: JsonObject,
  shape: StructureShape | undefined,
  codec: Codec,
  takesAsText: TextRule,
  isTopLevel: boolean,
): string[] {
  const members = new Map(
    Object.entries(shape?.members ?? {}).flatMap(([member, ref]) => [
      [capitalized(member), ref],
      [codec.shownName(member), ref],
    ]),
  );
  return Object.entries(given).flatMap(([name, value]) => {
    const ref = members.get(name);
    if (ref === undefined) return [`The field '${name}' is not supported by Step Functions`];
    return ofValue(value, name, ref, codec, takesAsText, isTopLevel);
  });
}

function ofValue(
  value: Json,
  name: string,
  ref: MemberRef,
  codec: Codec,
  takesAsText: TextRule,
  isTopLevel: boolean,
): string[] {
  if (value === null) return [];
  const shape = shapeOf(codec, ref);
  switch (shape?.type) {
    case undefined:
      return ofScalar(value, name, ref, takesAsText, isTopLevel);
    case 'document':
      return [];
    case 'structure':
      return isObject(value) ? ofStructure(value, shape, codec, takesAsText, false) : [invalid(name)];
    case 'list':
      if (!isArray(value)) return [invalid(name)];
      return value.flatMap((item) => ofValue(item, name, shape.member, codec, takesAsText, false));
    case 'map':
      if (!isObject(value)) return [invalid(name)];
      return Object.entries(value).flatMap(([key, item]) => ofValue(item, key, shape.value, codec, takesAsText, false));
  }
}

function ofScalar(value: Json, name: string, ref: MemberRef, takesAsText: TextRule, isTopLevel: boolean): string[] {
  if (ref.type === 'string' || ref.type === undefined)
    return typeof value === 'string' || takesAsText(value, name, isTopLevel)
      ? []
      : [`The value for the field '${name}' must be a STRING`];
  if (ref.type === 'boolean')
    return typeof value === 'boolean' || value === 'true' || value === 'false' ? [] : [invalid(name)];
  if (ref.type === 'timestamp') return instantOf(value) === undefined ? [invalid(name)] : [];
  if (isNumber(ref.type)) return isNumeric(value) ? [] : [invalid(name)];
  return [];
}

function isNumeric(value: Json): boolean {
  return (
    typeof value === 'number' || (typeof value === 'string' && value.trim() !== '' && !Number.isNaN(Number(value)))
  );
}

function invalid(name: string): string {
  return `The value of the field '${name}' has an invalid format`;
}
