import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runSimulation } from '@cloud-copilot/iam-simulate';
import fc from 'fast-check';
import { contextOf } from '../src/iam/context.ts';
import { evaluate } from '../src/iam/evaluate.ts';
import { compilePolicy } from '../src/iam/policy-document.ts';
import type { Principal } from '../src/iam/principals.ts';
import type { JsonObject } from '../src/template.ts';

/**
 * The simulator is somebody else's, and knows IAM by its own reading: where both say the same of thousands of policies,
 * neither has made a slip of its own.
 */

const ACCOUNT = '111122223333';
const ROLE_ARN = `arn:aws:iam::${ACCOUNT}:role/Orders`;
const SESSION_ARN = `arn:aws:sts::${ACCOUNT}:assumed-role/Orders/api`;
const ROLE: Principal = { kind: 'role', roleArn: ROLE_ARN, sessionArn: SESSION_ARN, accountId: ACCOUNT };

const REQUESTS = [
  { action: 's3:GetObject', resource: 'arn:aws:s3:::shelf/waits/a' },
  { action: 's3:PutObject', resource: 'arn:aws:s3:::shelf/records/a.b/c' },
  { action: 's3:ListBucket', resource: 'arn:aws:s3:::shelf' },
  { action: 's3:DeleteObject', resource: 'arn:aws:s3:::other/waits/a:b' },
  { action: 'states:StartExecution', resource: `arn:aws:states:us-east-1:${ACCOUNT}:stateMachine:Orders` },
  { action: 'states:DescribeExecution', resource: `arn:aws:states:us-east-1:${ACCOUNT}:execution:Orders:one` },
  { action: 'lambda:InvokeFunction', resource: `arn:aws:lambda:us-east-1:${ACCOUNT}:function:Orders` },
];

const ACTIONS = [
  ...REQUESTS.map(({ action }) => action),
  '*',
  's3:*',
  'S3:getobject',
  's3:Get*',
  's3:*Object',
  's3:?etObject',
  'states:*Execution',
  'lambda:Invoke*',
];

const RESOURCES = [
  ...REQUESTS.map(({ resource }) => resource),
  '*',
  'arn:aws:s3:::*',
  'arn:aws:s3:::shelf/*',
  'arn:aws:s3:::shelf*',
  'arn:aws:s3:::*/waits/?',
  'arn:aws:s3:::shelf/*/c',
  'arn:*:s3:::shelf/waits/a',
  'arn:aws:s3:::${aws:PrincipalTag/team}/waits/*',
  'arn:aws:s3:::shelf/${aws:PrincipalTag/none}',
  `arn:aws:states:*:${ACCOUNT}:stateMachine:*`,
  `arn:aws:states:us-east-1:${ACCOUNT}:*`,
  `arn:aws:states:us-east-1:${ACCOUNT}:execution:Orders:*`,
  `arn:aws:lambda:us-*-1:*:function:O?ders`,
];

const TEXTS = ['shelf', 'sh*', 'Shelf', '?helf', '*', '', '${aws:PrincipalTag/team}', 'other'];
const NUMBERS = ['1', '2.5', '10'];
const DATES = ['2026-01-01T00:00:00Z', '2027-01-01T00:00:00Z'];
const ADDRESSES = ['127.0.0.1', '127.0.0.0/8', '10.0.0.0/16', '::1/128'];
const ARNS = [ROLE_ARN, `arn:aws:iam::${ACCOUNT}:role/*`, 'arn:aws:iam::*:role/Orders', 'arn:aws:iam::1*'];

const operatorsOf = (
  names: readonly string[],
  keys: readonly string[],
  values: readonly string[],
  ends: readonly string[] = ['', 'IfExists'],
) =>
  fc.record({
    operator: fc.tuple(fc.constantFrom(...names), fc.constantFrom(...ends)).map(([name, end]) => name + end),
    key: fc.constantFrom(...keys),
    values: fc.array(fc.constantFrom(...values), { minLength: 1, maxLength: 2 }),
  });

const STRINGS = ['StringEquals', 'StringNotEquals', 'StringEqualsIgnoreCase', 'StringNotEqualsIgnoreCase'];
const LIKES = ['StringLike', 'StringNotLike'];
const COMPARED = ['Equals', 'NotEquals', 'LessThan', 'LessThanEquals', 'GreaterThan', 'GreaterThanEquals'];
const named = (kind: string) => COMPARED.map((comparison) => kind + comparison);

const setsOf = (set: string, ends: readonly string[]) =>
  operatorsOf(
    [...STRINGS, ...LIKES].map((name) => `${set}:${name}`),
    ['aws:TagKeys', 'aws:PrincipalOrgPaths'],
    TEXTS,
    ends,
  );

const condition = fc.oneof(
  operatorsOf([...STRINGS, ...LIKES], ['aws:PrincipalTag/team', 'aws:PrincipalTag/none', 'aws:RequestTag/n'], TEXTS),
  setsOf('ForAllValues', ['', 'IfExists']),
  setsOf('ForAnyValue', ['']),
  operatorsOf(named('Numeric'), ['aws:MultiFactorAuthAge'], NUMBERS),
  operatorsOf(named('Date'), ['aws:CurrentTime'], DATES),
  operatorsOf(['Bool'], ['aws:SecureTransport'], ['true', 'false']),
  operatorsOf(['IpAddress', 'NotIpAddress'], ['aws:SourceIp'], ADDRESSES),
  operatorsOf(['ArnLike', 'ArnNotLike', 'ArnEquals', 'ArnNotEquals'], ['aws:PrincipalArn'], ARNS),
  fc.record({
    operator: fc.constant('Null'),
    key: fc.constantFrom('aws:PrincipalTag/team', 'aws:PrincipalTag/none'),
    values: fc.constantFrom(['true'], ['false']),
  }),
);

const oneOrMore = (values: readonly string[]) => fc.array(fc.constantFrom(...values), { minLength: 1, maxLength: 3 });

const statement = fc
  .record({
    effect: fc.constantFrom('Allow', 'Allow', 'Deny'),
    actionElement: fc.constantFrom('Action', 'Action', 'Action', 'NotAction'),
    actions: oneOrMore(ACTIONS),
    resourceElement: fc.constantFrom('Resource', 'Resource', 'Resource', 'NotResource'),
    resources: oneOrMore(RESOURCES),
    conditions: fc.oneof(
      { weight: 1, arbitrary: fc.array(condition, { maxLength: 0 }) },
      { weight: 2, arbitrary: fc.array(condition, { minLength: 1, maxLength: 2 }) },
    ),
  })
  .map(({ effect, actionElement, actions, resourceElement, resources, conditions }) => ({
    Effect: effect,
    [actionElement]: actions,
    [resourceElement]: resources,
    ...(conditions.length > 0 && {
      Condition: Object.fromEntries(conditions.map(({ operator, key, values }) => [operator, { [key]: values }])),
    }),
  }));

const policyOf = (statements: readonly JsonObject[]) => ({ Version: '2012-10-17', Statement: statements });
const identityPolicy = fc.array(statement, { minLength: 1, maxLength: 3 }).map(policyOf);

const PRINCIPALS = [
  '*',
  { AWS: '*' },
  { AWS: ROLE_ARN },
  { AWS: SESSION_ARN },
  { AWS: `arn:aws:iam::${ACCOUNT}:root` },
  { AWS: [ACCOUNT] },
  { AWS: `arn:aws:iam::${ACCOUNT}:role/Others` },
  { Service: 'events.amazonaws.com' },
];
const resourcePolicy = fc
  .array(fc.tuple(statement, fc.constantFrom(...PRINCIPALS)), { minLength: 1, maxLength: 2 })
  .map((statements) => policyOf(statements.map(([one, principal]) => ({ ...one, Principal: principal }))));

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

const context = fc
  .record({
    team: optional(fc.constantFrom('shelf', 'other', 'sh*')),
    tagKeys: optional(fc.subarray(['shelf', 'other', 'x'])),
    age: optional(fc.constantFrom('1', '2.5', '11')),
    secure: fc.constantFrom('true', 'false'),
    address: fc.constantFrom('127.0.0.1', '10.0.3.4', '192.168.0.1'),
    time: fc.constantFrom('2026-06-01T00:00:00Z', '2027-01-01T00:00:00Z'),
  })
  .map(({ team, tagKeys, age, secure, address, time }) => ({
    'aws:PrincipalArn': ROLE_ARN,
    'aws:SecureTransport': secure,
    'aws:SourceIp': address,
    'aws:CurrentTime': time,
    ...(team !== undefined && { 'aws:PrincipalTag/team': team }),
    ...(tagKeys !== undefined && { 'aws:TagKeys': tagKeys }),
    ...(age !== undefined && { 'aws:MultiFactorAuthAge': age }),
  }));

test('of any policies and request, a simulator of somebody else says the same', { timeout: 120_000 }, async () => {
  const asked = fc.record({
    request: fc.constantFrom(...REQUESTS),
    context,
    identity: fc.array(identityPolicy, { minLength: 0, maxLength: 2 }),
    resource: optional(resourcePolicy),
    boundary: optional(identityPolicy),
  });
  const verdicts = { allowed: 0, denied: 0 };
  await fc.assert(
    fc.asyncProperty(asked, async ({ request, context: given, identity, resource, boundary }) => {
      const { isAllowed } = evaluate(
        { principal: ROLE, ...request, context: contextOf(given) },
        {
          identity: identity.map((document) => compilePolicy(document, 'identity')),
          ...(boundary !== undefined && { boundary: compilePolicy(boundary, 'identity') }),
          ...(resource !== undefined && { resource: compilePolicy(resource, 'resource') }),
        },
      );
      const simulated = await runSimulation(
        {
          request: {
            principal: SESSION_ARN,
            action: request.action,
            resource: { resource: request.resource, accountId: ACCOUNT },
            contextVariables: given,
          },
          identityPolicies: identity.map((policy, index) => ({ name: `p${index}`, policy })),
          serviceControlPolicies: [],
          resourceControlPolicies: [],
          ...(resource !== undefined && { resourcePolicy: resource }),
          ...(boundary !== undefined && { permissionBoundaryPolicies: [{ name: 'boundary', policy: boundary }] }),
        },
        {},
      );
      verdicts[isAllowed ? 'allowed' : 'denied'] += 1;
      if (simulated.resultType === 'error') assert.fail(JSON.stringify(simulated.errors));
      assert.equal(isAllowed, simulated.overallResult === 'Allowed');
    }),
    { numRuns: 600 },
  );
  // Neither answer is the only one that was ever compared.
  assert.ok(verdicts.allowed > 5 && verdicts.denied > 5, JSON.stringify(verdicts));
});
