import { ValidationException } from '../../engine/src/index.ts';
import { SerializationException } from './errors.ts';
import type { Member, Members, RequestOf } from './members.ts';

export type JsonBody = Readonly<Record<string, unknown>>;

export function isJsonBody(value: unknown): value is JsonBody {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Takes from a body the members an action knows. Unknown ones are ignored and `null` counts as absent, as on AWS.
 *
 * @throws {SerializationException} if a member has the wrong JSON type
 * @throws {ValidationException} naming every member that does not keep to the model
 * @throws whatever a member's own `check` throws
 */
export function parseRequest<M extends Members>(members: M, body: JsonBody): RequestOf<M> {
  const reading: Reading = { faults: [], texts: [] };
  const request = readStructure(members, body, '', reading);
  if (reading.faults.length > 0) throw new ValidationException(inOneMessage(reading.faults));
  for (const { path, check, value } of reading.texts) {
    check?.(value);
    // A lone surrogate has no UTF-8: the store could not give the text back as it came.
    if (!value.isWellFormed()) throw new SerializationException(`'${path}' is not well-formed Unicode`);
  }
  return request as RequestOf<M>; // oxlint-disable-line no-unsafe-type-assertion -- the walk above has just checked it
}

interface Reading {
  readonly faults: string[];
  readonly texts: { path: string; check: ((value: string) => void) | undefined; value: string }[];
}

function readStructure(members: Members, body: JsonBody, parentPath: string, reading: Reading): JsonBody {
  const structure: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(members)) {
    const path = parentPath === '' ? name : `${parentPath}.${name}`;
    const value = body[name] ?? null;
    if (value !== null) structure[name] = readValue(member, value, path, reading);
    else if (member.required) reading.faults.push(fault('Value null', path, 'Member must not be null'));
  }
  return structure;
}

function readValue(member: Member, value: unknown, path: string, reading: Reading): unknown {
  switch (member.type) {
    case 'string':
      if (typeof value !== 'string') throw wrongType(value, 'String');
      checkString(member, value, path, reading);
      return value;
    case 'float':
      if (typeof value !== 'number') throw wrongType(value, 'Float');
      checkNumber(member, value, path, reading);
      return value;
    case 'integer':
      if (!isInt32(value)) throw wrongType(value, 'Integer');
      checkNumber(member, value, path, reading);
      return value;
    case 'long':
      if (typeof value !== 'number' || !Number.isSafeInteger(value)) throw wrongType(value, 'Long');
      checkNumber(member, value, path, reading);
      return value;
    case 'boolean':
      if (typeof value !== 'boolean') throw wrongType(value, 'Boolean');
      return value;
    case 'structure':
      if (!isJsonBody(value)) throw wrongType(value, 'Structure');
      return readStructure(member.members, value, path, reading);
    case 'list':
      if (!Array.isArray(value)) throw wrongType(value, 'List');
      return readList(member, value, path, reading);
    default:
      return member satisfies never;
  }
}

function readList(
  { member, min, max }: Member & { type: 'list' },
  list: readonly unknown[],
  parentPath: string,
  reading: Reading,
): unknown[] {
  const broken = (constraint: string): void => {
    reading.faults.push(fault('Value', parentPath, constraint));
  };
  if (min !== undefined && list.length < min) broken(`Member must have length greater than or equal to ${min}`);
  if (max !== undefined && list.length > max) broken(`Member must have length less than or equal to ${max}`);
  return list.map((item, index) => {
    const path = `${parentPath}.${index + 1}.member`;
    if (item !== null) return readValue(member, item, path, reading);
    reading.faults.push(fault('Value null', path, 'Member must not be null'));
    return null;
  });
}

function checkString(member: Member & { type: 'string' }, value: string, path: string, reading: Reading): void {
  const { min, max, pattern, sensitive, check } = member;
  const broken = (constraint: string): void => {
    reading.faults.push(fault(sensitive ? 'Value' : `Value '${value}'`, path, constraint));
  };
  if (min !== undefined && value.length < min) broken(`Member must have length greater than or equal to ${min}`);
  if (max !== undefined && value.length > max) broken(`Member must have length less than or equal to ${max}`);
  // The whole value has to match, as with Java's matches().
  if (pattern !== undefined && pattern.exec(value)?.[0] !== value)
    broken(`Member must satisfy regular expression pattern: ${pattern.source}`);
  if (member.enum !== undefined && !member.enum.includes(value))
    broken(`Member must satisfy enum value set: [${member.enum.join(', ')}]`);
  reading.texts.push({ path, check, value });
}

function checkNumber(
  member: Member & { type: 'integer' | 'long' | 'float' },
  value: number,
  path: string,
  reading: Reading,
): void {
  const { min, max } = member;
  const broken = (constraint: string): void => {
    reading.faults.push(fault(`Value '${value}'`, path, constraint));
  };
  if (min !== undefined && value < min) broken(`Member must have value greater than or equal to ${min}`);
  if (max !== undefined && value > max) broken(`Member must have value less than or equal to ${max}`);
}

function fault(value: string, path: string, constraint: string): string {
  return `${value} at '${path}' failed to satisfy constraint: ${constraint}`;
}

function inOneMessage(faults: readonly string[]): string {
  return `${faults.length} validation ${faults.length === 1 ? 'error' : 'errors'} detected: ${faults.join('; ')}`;
}

function isInt32(value: unknown): value is number {
  return typeof value === 'number' && value === (value | 0);
}

/** The texts of the service's own deserializer. */
function wrongType(value: unknown, expected: string): SerializationException {
  if (Array.isArray(value)) return new SerializationException('Start of list found where not expected');
  if (typeof value === 'object')
    return new SerializationException('Start of structure or map found where not expected');
  const given = typeof value === 'boolean' ? (value ? 'TRUE_VALUE' : 'FALSE_VALUE') : `${typeof value}_VALUE`;
  return new SerializationException(`${given.toUpperCase()} cannot be converted to ${expected}`);
}
