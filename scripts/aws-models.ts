// node scripts/run.mjs scripts/aws-models.ts FOLDER
// Makes local/engine/src/integrations/aws/models from the API models that the Python package botocore carries:
//   pip download --no-deps botocore && unzip botocore-*.whl     and then FOLDER is botocore/data
// A model is kept as far as a call and the check of a mocked result need it: documentation, paginators, other constraints and
// what nothing refers to are left out.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { brotliCompressSync, constants, gunzipSync } from 'node:zlib';
import { sdkServiceName } from '../local/engine/src/integrations/aws/names.ts';
import type { MemberRef, Operation, ServiceModel, Shape } from '../local/engine/src/integrations/aws/model.ts';

/** The protocols that are spoken, best first: a service that speaks several is called by the first of these. */
const PROTOCOLS: readonly ServiceModel['protocol'][] = ['json', 'rest-json', 'rest-xml', 'query', 'ec2'];

const SHARED_TRAITS = ['timestampFormat', 'flattened', 'jsonvalue', 'xmlNamespace'] as const;
const MEMBER_TRAITS = [
  'location',
  'locationName',
  'queryName',
  'resultWrapper',
  'idempotencyToken',
  'xmlAttribute',
  'hostLabel',
] as const;

type Loose = Readonly<Record<string, unknown>>;

interface Source {
  readonly metadata: Loose;
  readonly operations: Readonly<Record<string, Loose>>;
  readonly shapes: Readonly<Record<string, Loose>>;
}

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("give the folder botocore/data of an unpacked 'botocore' package");
const target = join(import.meta.dirname, '../local/engine/src/integrations/aws/models');
mkdirSync(target, { recursive: true });
for (const file of readdirSync(target)) if (file.endsWith('.json.br')) rmSync(join(target, file));

const made = new Map<string, string>();
let bytes = 0;
const services = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
for (const { name: service } of services) {
  const versions = readdirSync(join(folder, service), { recursive: true, encoding: 'utf8' });
  const latest = versions
    .filter((path) => basename(path) === 'service-2.json.gz')
    .sort()
    .at(-1);
  if (latest === undefined) continue;
  const source = JSON.parse(gunzipSync(readFileSync(join(folder, service, latest))).toString()) as Source;
  const model = callable(source);
  if (model === undefined) {
    console.log(`left out: ${service}, which is called in a way that is not supported`);
    continue;
  }
  const name = sdkServiceName(model.serviceId).toLowerCase();
  if (made.has(name)) {
    console.log(`left out: ${service}, since ${made.get(name)} has the same name, ${name}`);
    continue;
  }
  made.set(name, service);
  const packed = brotliCompressSync(JSON.stringify(model), {
    params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY },
  });
  bytes += packed.length;
  writeFileSync(join(target, `${name}.json.br`), packed);
}
console.log(`${made.size} services, ${bytes} bytes`);

function callable(source: Source): ServiceModel | undefined {
  const { metadata } = source;
  const spoken = (metadata['protocols'] as readonly string[] | undefined) ?? [text(metadata['protocol'])];
  const protocol = PROTOCOLS.find((known) => spoken.includes(known));
  const auth = metadata['auth'] as readonly string[] | undefined;
  if (protocol === undefined || (auth !== undefined && !auth.some((kind) => kind.startsWith('aws.auth#sigv4'))))
    return undefined;
  const operations = Object.fromEntries(
    Object.entries(source.operations).map(([name, given]) => [name, operation(given, source)]),
  );
  const roots = Object.values(operations).flatMap(({ input, output }) => [input ?? {}, output ?? {}]);
  const outputs = reachable(
    Object.values(operations).map(({ output }) => output ?? {}),
    source,
  );
  const xmlNamespace = metadata['xmlNamespace'];
  return {
    serviceId: text(metadata['serviceId']),
    signingName: text(metadata['signingName'] ?? metadata['endpointPrefix']),
    apiVersion: text(metadata['apiVersion']),
    protocol,
    ...(protocol === 'json' && {
      jsonVersion: text(metadata['jsonVersion'] ?? '1.0'),
      targetPrefix: text(metadata['targetPrefix']),
    }),
    ...(metadata['awsQueryCompatible'] !== undefined && { isQueryCompatible: true }),
    ...(typeof xmlNamespace === 'string' && { xmlNamespace }),
    operations,
    shapes: Object.fromEntries(
      [...reachable(roots, source)]
        .sort()
        .map((name) => [name, shape(source.shapes[name] ?? {}, source, outputs.has(name))]),
    ),
    errors: errorsOf(source),
  };
}

function operation(given: Loose, source: Source): Operation {
  const http = given['http'] as { method: string; requestUri: string };
  const checksum = given['httpChecksum'] as Loose | undefined;
  const endpoint = given['endpoint'] as { hostPrefix?: string } | undefined;
  const auth = (given['auth'] as readonly string[] | undefined) ?? [];
  const streams = hasEvents(given['input'], source) || hasEvents(given['output'], source);
  return {
    ...(http.method !== 'POST' && { method: http.method }),
    ...(http.requestUri !== '/' && { path: http.requestUri }),
    ...(given['input'] !== undefined && { input: reference(given['input'] as Loose, source) }),
    ...(given['output'] !== undefined && { output: reference(given['output'] as Loose, source) }),
    ...(endpoint?.hostPrefix !== undefined && { hostPrefix: endpoint.hostPrefix }),
    ...((given['httpChecksumRequired'] === true || checksum?.['requestChecksumRequired'] === true) && {
      needsMd5: true,
    }),
    ...(checksum?.['requestAlgorithmMember'] !== undefined && { takesChecksum: true }),
    ...((given['authtype'] === 'none' || auth.includes('smithy.api#noAuth')) && { unsigned: true }),
    ...(streams && { eventStream: true }),
  };
}

/** A scalar has its type in place; whatever has members is referred to by its name. */
function reference(given: Loose, source: Source): MemberRef {
  const name = text(given['shape']);
  const shape = source.shapes[name] ?? {};
  const traits: Record<string, unknown> = {};
  for (const trait of MEMBER_TRAITS) if (given[trait] !== undefined) traits[trait] = given[trait];
  for (const trait of SHARED_TRAITS) {
    const value = given[trait] ?? (isScalar(shape) ? shape[trait] : undefined);
    if (value !== undefined) traits[trait] = value;
  }
  if (traits['locationName'] === undefined && shape['locationName'] !== undefined)
    traits['locationName'] = shape['locationName'];
  if (given['streaming'] === true || shape['streaming'] === true) traits['streaming'] = true;
  return { ...(isScalar(shape) ? { type: shape['type'] } : { shape: name }), ...traits } as MemberRef;
}

/** Bounds are kept of what comes back: what goes out is bounded by the service itself. */
function shape(given: Loose, source: Source, isOutput: boolean): Shape {
  const member = (ref: Loose): MemberRef => ({ ...reference(ref, source), ...(isOutput && boundsOf(ref, source)) });
  const flattened = given['flattened'] === true && { flattened: true };
  if (given['type'] === 'list') return { type: 'list', member: member(given['member'] as Loose), ...flattened };
  if (given['type'] === 'map') {
    const [key, value] = [reference(given['key'] as Loose, source), member(given['value'] as Loose)];
    return { type: 'map', key, value, ...flattened };
  }
  if (given['document'] === true) return { type: 'document' };
  const required = given['required'] as readonly string[] | undefined;
  return {
    type: 'structure',
    members: Object.fromEntries(membersOf(given).map(([name, ref]) => [name, member(ref)])),
    ...(required !== undefined && required.length > 0 && { required }),
    ...(given['payload'] !== undefined && { payload: text(given['payload']) }),
    ...(given['xmlNamespace'] !== undefined && { xmlNamespace: given['xmlNamespace'] as { uri: string } }),
  };
}

/** The least and the greatest value of a number, length of a text. */
function boundsOf(given: Loose, source: Source): Pick<MemberRef, 'min' | 'max'> {
  const shape = source.shapes[text(given['shape'])] ?? {};
  if (!isScalar(shape)) return {};
  const { min, max } = shape as { min?: number; max?: number };
  return { ...(min !== undefined && { min }), ...(max !== undefined && { max }) };
}

/** The code that stands in a reply for each error that the model names. */
function errorsOf(source: Source): Record<string, string> {
  const errors: [string, string][] = [];
  for (const [name, given] of Object.entries(source.shapes)) {
    if (given['exception'] !== true && given['fault'] !== true && given['error'] === undefined) continue;
    const { code } = (given['error'] ?? {}) as { code?: string };
    errors.push([code ?? name, name]);
  }
  return Object.fromEntries(errors.sort(([left], [right]) => (left < right ? -1 : 1)));
}

function reachable(refs: readonly MemberRef[], source: Source): Set<string> {
  const found = new Set<string>();
  const open = refs.map(({ shape }) => shape);
  for (let name = open.pop(); open.length > 0 || name !== undefined; name = open.pop()) {
    if (name === undefined || found.has(name)) continue;
    found.add(name);
    const given = source.shapes[name] ?? {};
    const parts = [given['member'], given['key'], given['value'], ...membersOf(given).map(([, member]) => member)];
    for (const part of parts) if (part !== undefined) open.push(reference(part as Loose, source).shape);
  }
  return found;
}

function hasEvents(ref: unknown, source: Source): boolean {
  if (ref === undefined) return false;
  const members = membersOf(source.shapes[text((ref as Loose)['shape'])] ?? {});
  return members.some(([, member]) => source.shapes[text(member['shape'])]?.['eventstream'] === true);
}

function membersOf(given: Loose): [string, Loose][] {
  return Object.entries((given['members'] ?? {}) as Record<string, Loose>);
}

function isScalar(given: Loose): boolean {
  return !['structure', 'list', 'map'].includes(text(given['type']));
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new Error(`expected a text in the model, found ${JSON.stringify(value)}`);
  return value;
}
