import { HostError } from './errors.ts';

export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json };

/** A CloudFormation template whose outer shape has been checked; the values inside are resolved by `intrinsic-functions.ts`. */
export interface Template {
  readonly parameters: ReadonlyMap<string, Parameter>;
  readonly mappings: ReadonlyMap<string, Json>;
  readonly conditions: ReadonlyMap<string, Json>;
  readonly resources: ReadonlyMap<string, ResourceDeclaration>;
  readonly outputs: ReadonlyMap<string, Output>;
}

export interface Parameter {
  readonly type: string;
  /** As written; a list type has its items separated by commas. */
  readonly defaultValue?: string;
}

export interface ResourceDeclaration {
  readonly logicalId: string;
  readonly type: string;
  readonly properties: JsonObject;
  readonly dependsOn: readonly string[];
  /** The resource exists only where this condition holds. */
  readonly condition?: string;
  /** Where it stands in the CDK app, such as `Orders/ApiFunction/Role/Resource`. */
  readonly constructPath?: string;
}

export interface Output {
  readonly value: Json;
  readonly exportName?: Json;
  readonly condition?: string;
}

/** Deeper than any template CDK writes, and shallow enough that no walk over one can exhaust the stack. */
const NESTING_MAX = 128;

const SECTIONS = [
  'AWSTemplateFormatVersion',
  'Description',
  'Metadata',
  'Parameters',
  'Mappings',
  'Conditions',
  'Resources',
  'Outputs',
  // Rules only check parameter values before a deployment, such as the version of the bootstrap stack.
  'Rules',
];

/** @throws {HostError} naming the place in the template that is not as CloudFormation wants it. */
export function parseTemplate(value: unknown, stackName: string): Template {
  const fault = (place: string, what: string) => templateError(stackName, place, what);
  if (!isJson(value, stackName)) throw fault('the template', 'it must be JSON');
  const root = parseObject(value, 'the template', fault);
  if ('Transform' in root) throw fault('Transform', `the macro ${JSON.stringify(root['Transform'])} is not run here`);
  const unknownSection = Object.keys(root).find((section) => !SECTIONS.includes(section));
  if (unknownSection !== undefined) throw fault(unknownSection, 'CloudFormation knows no such section');

  const section = (name: string) => Object.entries(parseObject(root[name] ?? {}, name, fault));
  return {
    parameters: new Map(
      section('Parameters').map(([name, entry]) => [name, parseParameter(entry, `Parameters.${name}`, fault)]),
    ),
    mappings: new Map(section('Mappings')),
    conditions: new Map(section('Conditions')),
    resources: new Map(section('Resources').map(([id, entry]) => [id, parseResource(id, entry, fault)])),
    outputs: new Map(section('Outputs').map(([name, entry]) => [name, parseOutput(entry, `Outputs.${name}`, fault)])),
  };
}

/** The sentence names the stack and the place in its template. */
export function templateError(
  stackName: string,
  place: string,
  what: string,
  nextStep = 'Correct the CDK app, then synthesise it again.',
): HostError {
  return new HostError(`Stack "${stackName}", ${place}: ${what}.`, nextStep);
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

type Fault = (place: string, what: string) => HostError;

/** Whether this is what `JSON.parse` gives. Makes sure, too, that a recursive walk over it comes to an end soon. */
function isJson(value: unknown, stackName: string, depth = 0): value is Json {
  if (typeof value !== 'object' || value === null) return value !== undefined;
  if (depth === NESTING_MAX)
    throw templateError(stackName, 'the template', `it nests more than ${NESTING_MAX} levels deep`);
  return Object.values(value).every((member) => isJson(member, stackName, depth + 1));
}

function parseObject(value: Json, place: string, fault: Fault): JsonObject {
  if (!isObject(value)) throw fault(place, 'it must be an object');
  return value;
}

function parseParameter(value: Json, place: string, fault: Fault): Parameter {
  const { Type: type, Default: defaultValue } = parseObject(value, place, fault);
  if (typeof type !== 'string') throw fault(`${place}.Type`, 'it must be a string');
  if (defaultValue === undefined) return { type };
  if (isObject(defaultValue) || isList(defaultValue) || defaultValue === null) {
    throw fault(`${place}.Default`, 'it must be a string or a number');
  }
  return { type, defaultValue: String(defaultValue) };
}

function parseResource(logicalId: string, value: Json, fault: Fault): ResourceDeclaration {
  const place = `Resources.${logicalId}`;
  const entry = parseObject(value, place, fault);
  const { Type: type, Properties: properties = {}, DependsOn: dependsOn = [], Condition: condition } = entry;
  const constructPath = isObject(entry['Metadata']) ? entry['Metadata']['aws:cdk:path'] : undefined;
  if (!/^[A-Za-z0-9]{1,255}$/v.test(logicalId))
    throw fault(place, 'a logical id consists of 1 to 255 letters and digits');
  if (typeof type !== 'string') throw fault(`${place}.Type`, 'it must be a string');
  if (condition !== undefined && typeof condition !== 'string')
    throw fault(`${place}.Condition`, 'it must be a string');
  const dependencies = isList(dependsOn) ? dependsOn : [dependsOn];
  if (!dependencies.every((dependency) => typeof dependency === 'string')) {
    throw fault(`${place}.DependsOn`, 'it must be a logical id or a list of them');
  }
  return {
    logicalId,
    type,
    properties: parseObject(properties, `${place}.Properties`, fault),
    dependsOn: dependencies,
    ...(condition !== undefined && { condition }),
    ...(typeof constructPath === 'string' && { constructPath }),
  };
}

function parseOutput(value: Json, place: string, fault: Fault): Output {
  const { Value: output, Export: exported, Condition: condition } = parseObject(value, place, fault);
  if (output === undefined) throw fault(place, 'it has no Value');
  if (condition !== undefined && typeof condition !== 'string')
    throw fault(`${place}.Condition`, 'it must be a string');
  const exportName = exported === undefined ? undefined : parseObject(exported, `${place}.Export`, fault)['Name'];
  return {
    value: output,
    ...(exportName !== undefined && { exportName }),
    ...(condition !== undefined && { condition }),
  };
}
