import { isArray, isObject, type Json, type JsonObject } from '../../../../asl/src/index.ts';
import { givenMember, shapeOf, shownMembers, structureOf, type Codec } from './codec.ts';
import type { MemberRef, Operation } from './model.ts';
import { capitalized } from './names.ts';
import { scalarText } from './scalars.ts';

/** The form that the query protocols send: `Action=Publish&MessageAttributes.entry.1.Name=…`. */
export function queryForm(
  operationName: string,
  operation: Operation,
  input: JsonObject,
  codec: Codec,
): URLSearchParams {
  const form = new URLSearchParams({ Action: operationName, Version: codec.model.apiVersion });
  const shape = structureOf(codec, operation.input);
  if (shape !== undefined) writeStructure(form, '', input, operation.input ?? {}, codec);
  return form;
}

function write(form: URLSearchParams, name: string, value: Json, ref: MemberRef, codec: Codec): void {
  const shape = shapeOf(codec, ref);
  if (shape === undefined) form.append(name, scalarText(value, ref, { timestamps: 'iso8601' }));
  else if (shape.type === 'structure') writeStructure(form, name, value, ref, codec);
  else if (shape.type === 'list' && isArray(value)) {
    const isFlat = isEc2(codec) || shape.flattened === true || ref.flattened === true;
    const prefix = isFlat
      ? flatName(name, shape.member.locationName, codec)
      : `${name}.${shape.member.locationName ?? 'member'}`;
    // An empty list is said by its name alone; Amazon EC2 leaves it out.
    if (value.length === 0 && !isEc2(codec)) form.append(name, '');
    value.forEach((item, index) => write(form, `${prefix}.${index + 1}`, item, shape.member, codec));
  } else if (shape.type === 'map' && isObject(value)) {
    const prefix = shape.flattened === true || ref.flattened === true ? name : `${name}.entry`;
    Object.entries(value).forEach(([key, item], index) => {
      form.append(`${prefix}.${index + 1}.${shape.key.locationName ?? 'key'}`, key);
      write(form, `${prefix}.${index + 1}.${shape.value.locationName ?? 'value'}`, item, shape.value, codec);
    });
  }
}

function writeStructure(form: URLSearchParams, prefix: string, value: Json, ref: MemberRef, codec: Codec): void {
  const shape = structureOf(codec, ref);
  if (shape === undefined || !isObject(value)) return;
  for (const { member, ref: part } of shownMembers(codec, shape)) {
    const given = givenMember(value, member, codec);
    if (given === undefined || given === null) continue;
    const wireName = isEc2(codec) ? ec2Name(member, part) : (part.locationName ?? member);
    write(form, prefix === '' ? wireName : `${prefix}.${wireName}`, given, part, codec);
  }
}

/** A flat list takes the name of its items, where they have one, in place of its own. */
function flatName(name: string, itemName: string | undefined, codec: Codec): string {
  if (itemName === undefined || isEc2(codec)) return name;
  return [...name.split('.').slice(0, -1), itemName].join('.');
}

function ec2Name(member: string, { queryName, locationName }: MemberRef): string {
  return queryName ?? capitalized(locationName ?? member);
}

function isEc2({ model }: Codec): boolean {
  return model.protocol === 'ec2';
}
