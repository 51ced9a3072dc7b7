import { isArray, isObject, type Json, type JsonObject } from '../../../../asl/src/index.ts';
import { givenMember, shapeOf, shownMembers, type Codec } from './codec.ts';
import type { ListShape, MapShape, MemberRef, StructureShape, XmlNamespace } from './model.ts';
import { scalarFromText, scalarText } from './scalars.ts';
import { childNamed, escapeXml, type XmlElement } from './xml.ts';

/** A parameter as the XML element that holds it. */
export function toXml(
  name: string,
  value: Json,
  ref: MemberRef,
  codec: Codec,
  namespace?: XmlNamespace | string,
): string {
  const shape = shapeOf(codec, ref);
  if (shape === undefined)
    return element(name, namespace, escapeXml(scalarText(value, ref, { timestamps: 'iso8601' })));
  if (shape.type === 'list') return listToXml(name, value, shape, ref, codec);
  if (shape.type === 'map') return mapToXml(name, value, shape, codec);
  return shape.type === 'structure' && isObject(value) ? structureToXml(name, value, shape, codec, namespace) : '';
}

function structureToXml(
  name: string,
  value: JsonObject,
  shape: StructureShape,
  codec: Codec,
  namespace: XmlNamespace | string | undefined,
): string {
  let attributes = '';
  let content = '';
  // Some services read their elements in the order of the model.
  for (const [member, ref] of Object.entries(shape.members)) {
    const given = givenMember(value, member, codec);
    if (given === undefined || given === null || ref.location !== undefined) continue;
    const wireName = ref.locationName ?? member;
    if (ref.xmlAttribute === true)
      attributes += ` ${wireName}="${escapeXml(scalarText(given, ref, { timestamps: 'iso8601' }))}"`;
    else content += toXml(wireName, given, ref, codec, ref.xmlNamespace);
  }
  return element(name, namespace ?? shape.xmlNamespace, content, attributes);
}

function listToXml(name: string, value: Json, { member, flattened }: ListShape, ref: MemberRef, codec: Codec): string {
  const isFlat = flattened === true || ref.flattened === true;
  const itemName = isFlat ? name : (member.locationName ?? 'member');
  const items = (isArray(value) ? value : []).map((item) => toXml(itemName, item, member, codec)).join('');
  return isFlat ? items : element(name, undefined, items);
}

function mapToXml(name: string, value: Json, { key, value: item, flattened }: MapShape, codec: Codec): string {
  const entries = Object.entries(isObject(value) ? value : {}).map(([keyText, given]) => {
    const content =
      element(key.locationName ?? 'key', undefined, escapeXml(keyText)) +
      toXml(item.locationName ?? 'value', given, item, codec);
    return element(flattened === true ? name : 'entry', undefined, content);
  });
  return flattened === true ? entries.join('') : element(name, undefined, entries.join(''));
}

function element(name: string, namespace: XmlNamespace | string | undefined, content: string, attributes = ''): string {
  return `<${name}${namespaceText(namespace)}${attributes}>${content}</${name}>`;
}

function namespaceText(namespace: XmlNamespace | string | undefined): string {
  if (namespace === undefined) return '';
  if (typeof namespace === 'string') return ` xmlns="${escapeXml(namespace)}"`;
  return ` xmlns${namespace.prefix === undefined ? '' : `:${namespace.prefix}`}="${escapeXml(namespace.uri)}"`;
}

/** An element of a reply as a result. @returns `undefined` where the element does not hold what the model says */
export function fromXml(given: XmlElement, ref: MemberRef, codec: Codec): Json | undefined {
  const shape = shapeOf(codec, ref);
  if (shape === undefined) return scalarFromText(given.text, ref, codec.shownInstant);
  switch (shape.type) {
    case 'structure':
      return structureFromXml(given, shape, codec);
    case 'list':
      return itemsFromXml(given.children, shape, codec);
    case 'map':
      return entriesFromXml(given.children, shape, codec);
    case 'document':
      return undefined;
  }
}

export function structureFromXml(given: XmlElement, shape: StructureShape, codec: Codec): JsonObject {
  const entries: [string, Json][] = [];
  for (const { name, member, ref } of shownMembers(codec, shape)) {
    if (ref.location !== undefined) continue;
    const value = ref.xmlAttribute === true ? attribute(given, ref, codec) : memberFromXml(given, member, ref, codec);
    if (value !== undefined) entries.push([name, value]);
  }
  return Object.fromEntries(entries);
}

function attribute(given: XmlElement, ref: MemberRef, codec: Codec): Json | undefined {
  const text = given.attributes[ref.locationName ?? ''];
  return text === undefined ? undefined : scalarFromText(text, ref, codec.shownInstant);
}

function memberFromXml(parent: XmlElement, member: string, ref: MemberRef, codec: Codec): Json | undefined {
  const shape = shapeOf(codec, ref);
  const isFlat =
    ref.flattened === true || ((shape?.type === 'list' || shape?.type === 'map') && shape.flattened === true);
  if (isFlat && shape !== undefined) {
    const wireName = (shape.type === 'list' ? shape.member.locationName : undefined) ?? ref.locationName ?? member;
    const parts = parent.children.filter(({ name }) => name === wireName);
    if (parts.length === 0) return undefined;
    return shape.type === 'map'
      ? entriesFromXml(parts, shape, codec)
      : shape.type === 'list'
        ? itemsFromXml(parts, shape, codec)
        : undefined;
  }
  const child = childNamed(parent, ref.locationName ?? member);
  return child === undefined ? undefined : fromXml(child, ref, codec);
}

function itemsFromXml(items: readonly XmlElement[], { member }: ListShape, codec: Codec): Json {
  return items.map((item) => fromXml(item, member, codec) ?? null);
}

function entriesFromXml(entries: readonly XmlElement[], { key, value }: MapShape, codec: Codec): Json {
  return Object.fromEntries(
    entries.map((entry) => {
      const given = childNamed(entry, value.locationName ?? 'value');
      return [
        childNamed(entry, key.locationName ?? 'key')?.text ?? '',
        given === undefined ? null : (fromXml(given, value, codec) ?? null),
      ];
    }),
  );
}
