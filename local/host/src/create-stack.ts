import type { Stack } from './cloud-assembly.ts';
import { dependencyOrder } from './dependency-order.ts';
import { HostError } from './errors.ts';
import type { Scope } from './intrinsic-functions.ts';
import { evaluateConditions, referencesIn, resolve, resolveText } from './intrinsic-functions.ts';
import { ignoredResource, isIgnored } from './resources/ignored.ts';
import type { CreatedResource, DeclaredResource } from './service.ts';
import type { Json, JsonObject, ResourceDeclaration } from './template.ts';
import { isList, isObject, templateError } from './template.ts';

/** A stack that can be created: its references hold, and nothing in it waits for itself. */
export interface StackPlan {
  readonly stack: Stack;
  /** Those whose condition holds, each after those it depends on. */
  readonly resources: readonly ResourceDeclaration[];
  readonly scope: Omit<Scope, 'created' | 'exports'>;
}

/** Creates a resource, or is absent for a type that nothing here runs. */
export type CreatorOf = (
  type: string,
) => ((resource: DeclaredResource) => CreatedResource | Promise<CreatedResource>) | undefined;

/** @throws {HostError} naming what the template refers to in vain, or the circle it describes. */
export function planStack(stack: Stack): StackPlan {
  const lookups = { stackName: stack.name, template: stack.template, pseudoParameters: pseudoParameters(stack) };
  const scope = { ...lookups, conditions: evaluateConditions({ ...lookups, exports: new Map() }) };
  const existing = new Map(
    [...stack.template.resources].filter(
      ([id, { condition }]) =>
        condition === undefined || scope.conditions.holds(condition, `Resources.${id}.Condition`),
    ),
  );
  const dependenciesOf = (resource: ResourceDeclaration) =>
    new Set(
      dependencies(resource, { ...scope, created: new Map(), exports: new Map() }).filter((id) => existing.has(id)),
    );
  const result = dependencyOrder(new Map([...existing].map(([id, resource]) => [id, dependenciesOf(resource)])));
  if ('cycle' in result) throw circularError(stack.name, result.cycle);
  return { stack, scope, resources: result.order.flatMap((id) => existing.get(id) ?? []) };
}

/** What to do about a type that does not run here, by the beginning of its name. */
const INSTEAD: readonly (readonly [prefix: string, nextStep: string])[] = [
  ['AWS::ApiGateway::', 'Use an HTTP API (HttpApi of aws-cdk-lib/aws-apigatewayv2) in place of a REST API.'],
  ['AWS::CloudFormation::Stack', 'Put the resources of a nested stack into the stack itself.'],
  ['AWS::ECS::', 'Run tasks on Fargate, by RunTask; services and instances of ECS are not here.'],
  ['Custom::', 'Leave out a custom resource when the app is synthesised for this machine: it acts on AWS.'],
  ['', 'Leave out what does not run here when the app is synthesised for this machine.'],
];

/** @throws {HostError} naming every resource that neither runs here nor can be left out. */
export function refuseUnsupported(plans: readonly StackPlan[], isRun: (type: string) => boolean): void {
  const refused = plans.flatMap(({ stack, resources }) =>
    resources
      .filter(({ type }) => !isRun(type) && !isIgnored(type))
      .map(({ logicalId, type }) => ({ type, name: `${type} "${logicalId}" of stack "${stack.name}"` })),
  );
  if (refused.length === 0) return;
  const nextSteps = refused.map(({ type }) => INSTEAD.find(([prefix]) => type.startsWith(prefix))?.[1]);
  throw new HostError(
    `The app needs what does not run on this machine: ${refused.map(({ name }) => name).join(', ')}.`,
    [...new Set(nextSteps)].join(' '),
  );
}

/**
 * Creates a stack's resources one after the other, and adds what it exports to `exports`.
 *
 * @returns what `Ref` and `Fn::GetAtt` give for each, by logical id.
 */
export async function createStack(
  { stack, resources, scope: lookups }: StackPlan,
  creatorOf: CreatorOf,
  exports: Map<string, Json>,
): Promise<ReadonlyMap<string, CreatedResource>> {
  const created = new Map<string, CreatedResource>();
  const scope: Scope = { ...lookups, created, exports };
  for (const resource of resources) {
    const { logicalId, type } = resource;
    const resolveProperties = (properties: JsonObject) => resolvedProperties(properties, logicalId, scope);
    const create = creatorOf(type);
    created.set(
      logicalId,
      create === undefined
        ? ignoredResource(stack, resource, resolveProperties)
        : await create({ stack, logicalId, type, properties: resolveProperties(resource.properties) }),
    );
  }
  for (const [name, { value, exportName, condition }] of stack.template.outputs) {
    const place = `Outputs.${name}`;
    if (exportName === undefined || (condition !== undefined && !scope.conditions.holds(condition, place))) continue;
    const exported = resolve(value, scope, `${place}.Value`);
    if (exported !== undefined) exports.set(resolveText(exportName, scope, `${place}.Export.Name`), exported);
  }
  return created;
}

function dependencies({ logicalId, properties, dependsOn }: ResourceDeclaration, scope: Scope): string[] {
  const place = `Resources.${logicalId}`;
  const unknown = dependsOn.find((id) => !scope.template.resources.has(id));
  if (unknown !== undefined) {
    throw templateError(scope.stackName, `${place}.DependsOn`, `there is no resource "${unknown}" in the template`);
  }
  return [...dependsOn, ...referencesIn(properties, scope, `${place}.Properties`)];
}

function circularError(stackName: string, cycle: readonly string[]): HostError {
  return new HostError(
    `Stack "${stackName}": resources depend on each other in a circle, which CloudFormation refuses as well: ${cycle.join(' → ')}.`,
    'Break the circle in the CDK app, for example with a policy of its own for one of the grants.',
  );
}

function resolvedProperties(properties: JsonObject, logicalId: string, scope: Scope): JsonObject {
  const place = `Resources.${logicalId}.Properties`;
  const resolved = resolve(properties, scope, place);
  if (!isObject(resolved)) throw templateError(scope.stackName, place, 'it must be an object');
  refuseDynamicReferences(resolved, scope.stackName, place);
  return resolved;
}

/** CloudFormation would put a secret or a parameter in its place; passed on as it is, it would be taken for the value. */
function refuseDynamicReferences(value: Json, stackName: string, place: string): void {
  if (typeof value === 'string') {
    const [, service] = /\{\{resolve:([^:\}]+)/v.exec(value) ?? [];
    if (service === undefined) return;
    throw templateError(
      stackName,
      place,
      `the dynamic reference to ${JSON.stringify(service)} cannot be resolved here`,
    );
  }
  if (isList(value)) value.forEach((item, index) => refuseDynamicReferences(item, stackName, `${place}.${index}`));
  else if (isObject(value)) {
    for (const [key, member] of Object.entries(value)) refuseDynamicReferences(member, stackName, `${place}.${key}`);
  }
}

function pseudoParameters({ name, environment: { accountId, region } }: Stack): Map<string, string> {
  return new Map([
    ['AWS::AccountId', accountId],
    ['AWS::Region', region],
    ['AWS::Partition', 'aws'],
    ['AWS::URLSuffix', 'amazonaws.com'],
    ['AWS::StackName', name],
    [
      'AWS::StackId',
      `arn:aws:cloudformation:${region}:${accountId}:stack/${name}/00000000-0000-0000-0000-000000000000`,
    ],
  ]);
}
