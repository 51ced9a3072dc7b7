import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import type { DeclaredPolicies } from '../iam/declared-policies.ts';
import type { NameResource } from '../physical-name.ts';
import { parseProperties, text, withoutEffect } from '../properties.ts';
import type { CreatedResource, DeclaredResource } from '../service.ts';
import type { StepFunctionsService } from '../services/step-functions.ts';
import type { Json } from '../template.ts';
import { isList, isObject, templateError } from '../template.ts';
import { requireTrust } from './iam.ts';

/** Step Functions API Reference, "CreateStateMachine", name. */
const NAME = /^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\p{C}]{1,80}$/u;

const StateMachineProperties = z.strictObject({
  StateMachineName: text.pipe(z.string().regex(NAME, { error: 'it is no name for a state machine' })).optional(),
  StateMachineType: z.enum(['STANDARD', 'EXPRESS']).default('STANDARD'),
  RoleArn: text,
  Definition: z.record(z.string(), z.json()).optional(),
  DefinitionString: z.string().optional(),
  DefinitionS3Location: z.object({ Key: z.string() }).optional(),
  DefinitionSubstitutions: z.record(z.string(), text).default({}),
  LoggingConfiguration: z.json().default({ Level: 'OFF', IncludeExecutionData: false }),
  TracingConfiguration: z.json().default({ Enabled: false }),
  EncryptionConfiguration: z.json().default({ Type: 'AWS_OWNED_KEY' }),
  Tags: withoutEffect,
});
type StateMachineProperties = z.infer<typeof StateMachineProperties>;

export interface StateMachineContext {
  readonly stepFunctions: Pick<StepFunctionsService, 'declareStateMachine'>;
  readonly policies: Pick<DeclaredPolicies, 'roleOf'>;
  readonly nameResource: NameResource;
}

export function createStateMachine(
  { stepFunctions, policies, nameResource }: StateMachineContext,
  resource: DeclaredResource,
): CreatedResource {
  const properties = parseProperties(StateMachineProperties, resource);
  requireTrust(policies, properties.RoleArn, 'states', 'RoleArn', resource);
  const name = nameResource(resource, properties.StateMachineName, { maxLength: 80 });
  const arn = stepFunctions.declareStateMachine({
    declaredAs: `"${resource.logicalId}" of stack "${resource.stack.name}"`,
    name,
    type: properties.StateMachineType,
    roleArn: properties.RoleArn,
    definition: substitute(definitionText(properties, resource), properties.DefinitionSubstitutions),
    loggingConfiguration: inApiSpelling(properties.LoggingConfiguration),
    tracingConfiguration: inApiSpelling(properties.TracingConfiguration),
    encryptionConfiguration: inApiSpelling(properties.EncryptionConfiguration),
  });
  return { ref: arn, attributes: { Arn: arn, Name: name } };
}

function definitionText(properties: StateMachineProperties, { stack, logicalId }: DeclaredResource): string {
  const { Definition, DefinitionString, DefinitionS3Location } = properties;
  if (DefinitionString !== undefined) return DefinitionString;
  if (Definition !== undefined) return JSON.stringify(Definition);
  const place = `Resources.${logicalId}.Properties`;
  if (DefinitionS3Location === undefined) throw templateError(stack.name, place, 'there is no definition');
  const asset = stack.assets.get(DefinitionS3Location.Key);
  if (asset?.packaging !== 'file') {
    const what = `the assembly has no file for the key "${DefinitionS3Location.Key}"`;
    throw templateError(stack.name, `${place}.DefinitionS3Location`, what);
  }
  if (!existsSync(asset.path)) {
    throw templateError(stack.name, `${place}.DefinitionS3Location`, `the file ${asset.path} is missing`);
  }
  return readFileSync(asset.path, 'utf8');
}

/** Puts a value wherever the definition says `${name}`; names that have none stay as they are. */
function substitute(definition: string, substitutions: Readonly<Record<string, string>>): string {
  return definition.replace(/\$\{([^\}]+)\}/gv, (placeholder, name: string) =>
    Object.hasOwn(substitutions, name) ? (substitutions[name] ?? placeholder) : placeholder,
  );
}

/** The template writes `LogGroupArn` what the API calls `logGroupArn`. */
function inApiSpelling(value: Json): Json {
  if (isList(value)) return value.map(inApiSpelling);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key.charAt(0).toLowerCase() + key.slice(1), inApiSpelling(member)]),
  );
}
