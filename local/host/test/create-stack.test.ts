import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Stack } from '../src/cloud-assembly.ts';
import type { CreatorOf } from '../src/create-stack.ts';
import { createStack, planStack, refuseUnsupported } from '../src/create-stack.ts';
import type { DeclaredResource } from '../src/service.ts';
import type { Json } from '../src/template.ts';
import { parseTemplate } from '../src/template.ts';
import { refusalOf } from './refusal.ts';

const environment = { accountId: '111122223333', region: 'eu-west-1' };

function stackOf(template: object, name = 'Shop'): Stack {
  return { name, environment, assets: new Map(), images: new Map(), template: parseTemplate(template, name) };
}

/** Runs `Test::Thing`, whose Ref is its logical id in lower case and whose one attribute is Arn. */
function testService(): { creatorOf: CreatorOf; seen: DeclaredResource[] } {
  const seen: DeclaredResource[] = [];
  return {
    seen,
    creatorOf: (type) =>
      type !== 'Test::Thing'
        ? undefined
        : (resource) => {
            seen.push(resource);
            const ref = resource.logicalId.toLowerCase();
            return { ref, attributes: { Arn: `arn:${ref}` } };
          },
  };
}

function thing(properties: object = {}, more: object = {}) {
  return { Type: 'Test::Thing', Properties: properties, ...more };
}

async function create(template: object, exports = new Map<string, Json>()) {
  const { creatorOf, seen } = testService();
  const plan = planStack(stackOf(template));
  refuseUnsupported([plan], (type) => creatorOf(type) !== undefined);
  const created = await createStack(plan, creatorOf, exports);
  return { created, seen, exports };
}

test('resources are created after those they name, with every function resolved', async () => {
  const { seen } = await create({
    Resources: {
      Last: thing({ a: { 'Fn::GetAtt': ['First', 'Arn'] }, b: { 'Fn::Sub': '${Middle}@${AWS::StackName}' } }),
      Middle: thing({}, { DependsOn: 'First' }),
      First: thing({ id: { Ref: 'AWS::AccountId' }, region: { Ref: 'AWS::Region' }, stack: { Ref: 'AWS::StackId' } }),
    },
  });
  assert.deepEqual(
    seen.map(({ logicalId, properties }) => [logicalId, properties]),
    [
      [
        'First',
        {
          id: '111122223333',
          region: 'eu-west-1',
          stack: 'arn:aws:cloudformation:eu-west-1:111122223333:stack/Shop/00000000-0000-0000-0000-000000000000',
        },
      ],
      ['Middle', {}],
      ['Last', { a: 'arn:first', b: 'middle@Shop' }],
    ],
  );
});

test('a resource whose condition does not hold is left out, and so is what depends on it', async () => {
  const { created } = await create({
    Conditions: { Never: { 'Fn::Equals': ['a', 'b'] } },
    Resources: {
      Hidden: thing({}, { Condition: 'Never' }),
      Shown: thing({ a: { 'Fn::If': ['Never', { Ref: 'Hidden' }, 'x'] } }, { DependsOn: ['Hidden'] }),
    },
  });
  assert.deepEqual([...created.keys()], ['Shown']);
});

test('what one stack exports, a later one imports', async () => {
  const exports = new Map<string, Json>();
  await create(
    {
      Conditions: { Never: { 'Fn::Equals': ['a', 'b'] } },
      Resources: { A: thing() },
      Outputs: {
        Out: { Value: { 'Fn::GetAtt': 'A.Arn' }, Export: { Name: { 'Fn::Sub': '${AWS::StackName}:A' } } },
        Local: { Value: { 'Fn::GetAtt': 'A.NoSuchThing' } },
        Hidden: { Value: 1, Export: { Name: 'hidden' }, Condition: 'Never' },
      },
    },
    exports,
  );
  assert.deepEqual([...exports], [['Shop:A', 'arn:a']]);
  const { seen } = await create({ Resources: { B: thing({ a: { 'Fn::ImportValue': 'Shop:A' } }) } }, exports);
  assert.deepEqual(seen[0]?.properties, { a: 'arn:a' });
});

describe('a type that changes nothing here is left out, and can be named all the same', () => {
  const cases: [string, object, Record<string, string>][] = [
    ['AWS::IAM::Role', {}, { Ref: 'Shop-It', Arn: 'arn:aws:iam::111122223333:role/Shop-It' }],
    [
      'AWS::IAM::Role',
      { RoleName: { 'Fn::Join': ['', ['r', { Ref: 'AWS::Region' }]] } },
      { Ref: 'reu-west-1', Arn: 'arn:aws:iam::111122223333:role/reu-west-1' },
    ],
    ['AWS::IAM::Policy', { PolicyDocument: { 'Fn::GetAZs': 'unknown here, and not needed' } }, { Ref: 'Shop-It' }],
    ['AWS::IAM::ManagedPolicy', {}, { Ref: 'arn:aws:iam::111122223333:policy/Shop-It' }],
    [
      'AWS::Logs::LogGroup',
      { LogGroupName: '/a/b' },
      { Ref: '/a/b', Arn: 'arn:aws:logs:eu-west-1:111122223333:log-group:/a/b:*' },
    ],
    ['AWS::CloudWatch::Alarm', {}, { Ref: 'Shop-It', Arn: 'arn:aws:cloudwatch:eu-west-1:111122223333:alarm:Shop-It' }],
    ['AWS::S3::BucketPolicy', {}, { Ref: 'Shop-It' }],
    ['AWS::Lambda::Permission', {}, { Ref: 'Shop-It' }],
    ['AWS::CDK::Metadata', {}, { Ref: 'Shop-It' }],
    ['Custom::S3AutoDeleteObjects', { ServiceToken: 'x' }, { Ref: 'Shop-It' }],
  ];
  for (const [type, properties, expected] of cases) {
    test(`${type} ${JSON.stringify(properties)}`, async () => {
      const values = Object.fromEntries(
        Object.keys(expected).map((name) => [
          `its${name}`,
          name === 'Ref' ? { Ref: 'It' } : { 'Fn::GetAtt': ['It', name] },
        ]),
      );
      const resources = { It: { Type: type, Properties: properties }, Reader: thing(values) };
      const { seen } = await create({ Resources: resources });
      assert.deepEqual(
        seen.map(({ logicalId }) => logicalId),
        ['Reader'],
      );
      for (const [name, value] of Object.entries(expected))
        assert.equal(seen[0]?.properties[`its${name}`], value, name);
    });
  }

  test('the id of a key is the same at every start', async () => {
    const template = {
      Resources: {
        Key: { Type: 'AWS::KMS::Key' },
        Reader: thing({ id: { Ref: 'Key' }, arn: { 'Fn::GetAtt': 'Key.Arn' } }),
      },
    };
    const [first, second] = [await create(template), await create(template)].map(({ seen }) => seen[0]?.properties);
    const id = first?.['id'];
    assert.ok(typeof id === 'string');
    assert.match(id, /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/v);
    assert.equal(first?.['arn'], `arn:aws:kms:eu-west-1:111122223333:key/${id}`);
    assert.deepEqual(first, second);
  });
});

describe('a stack that cannot be created is refused with the reason', () => {
  const queue = { Type: 'AWS::SQS::Queue' };
  const cases: [string, object, string, RegExp][] = [
    [
      'a type that does not run here',
      { Resources: { Queue: queue, Topic: { Type: 'AWS::SNS::Topic' } } },
      'The app needs what does not run on this machine: AWS::SQS::Queue "Queue" of stack "Shop", AWS::SNS::Topic "Topic" of stack "Shop".',
      /^Leave out what does not run here when the app is synthesised for this machine\.$/v,
    ],
    [
      'a REST API',
      { Resources: { Api: { Type: 'AWS::ApiGateway::RestApi' } } },
      'The app needs what does not run on this machine: AWS::ApiGateway::RestApi "Api" of stack "Shop".',
      /^Use an HTTP API/v,
    ],
    [
      'a nested stack',
      { Resources: { Nested: { Type: 'AWS::CloudFormation::Stack' } } },
      'The app needs what does not run on this machine: AWS::CloudFormation::Stack "Nested" of stack "Shop".',
      /into the stack itself/v,
    ],
    [
      'a custom resource',
      { Resources: { C: { Type: 'Custom::CDKBucketDeployment' } } },
      'The app needs what does not run on this machine: Custom::CDKBucketDeployment "C" of stack "Shop".',
      /it acts on AWS/v,
    ],
    [
      'a circle',
      {
        Resources: {
          A: thing({ b: { Ref: 'B' } }),
          B: { Type: 'AWS::IAM::Policy', Properties: { c: { 'Fn::Sub': '${C.Arn}' } } },
          C: thing({}, { DependsOn: 'A' }),
        },
      },
      'Stack "Shop": resources depend on each other in a circle, which CloudFormation refuses as well: A → B → C → A.',
      /Break the circle/v,
    ],
    [
      'a reference to itself',
      { Resources: { A: thing({ a: { Ref: 'A' } }) } },
      'Stack "Shop": resources depend on each other in a circle, which CloudFormation refuses as well: A → A.',
      /Break the circle/v,
    ],
    [
      'a dependency on nothing',
      { Resources: { A: thing({}, { DependsOn: ['B'] }) } },
      'Stack "Shop", Resources.A.DependsOn: there is no resource "B" in the template.',
      /synthesise/v,
    ],
    [
      'a reference to nothing in what is left out',
      { Resources: { P: { Type: 'AWS::IAM::Policy', Properties: { x: [{ Ref: 'No' }] } } } },
      'Stack "Shop", Resources.P.Properties.x.0.Ref: "No" is neither a resource nor a parameter of the template.',
      /synthesise/v,
    ],
    [
      'an attribute that what is left out has not',
      { Resources: { R: { Type: 'AWS::IAM::Role' }, A: thing({ x: { 'Fn::GetAtt': ['R', 'Name'] } }) } },
      'Stack "Shop", Resources.A.Properties.x.Fn::GetAtt: "R" (AWS::IAM::Role) has no attribute "Name" here; it has: Arn, RoleId.',
      /synthesise/v,
    ],
    [
      'a secret',
      { Resources: { A: thing({ x: ['{{resolve:secretsmanager:my-secret:SecretString:password}}'] }) } },
      'Stack "Shop", Resources.A.Properties.x.0: the dynamic reference to "secretsmanager" cannot be resolved here.',
      /synthesise/v,
    ],
    [
      'an import of nothing',
      { Resources: { A: thing({ x: { 'Fn::ImportValue': 'Other:X' } }) } },
      'Stack "Shop", Resources.A.Properties.x.Fn::ImportValue: no stack of this assembly that is created before exports "Other:X".',
      /synthesise/v,
    ],
    [
      'a condition that is not there',
      { Resources: { A: thing({}, { Condition: 'No' }) } },
      'Stack "Shop", Resources.A.Condition: there is no condition "No" in the template.',
      /synthesise/v,
    ],
  ];
  for (const [title, template, message, nextStep] of cases) {
    test(title, async () => {
      const refusal = await refusalOf(() => create(template));
      assert.equal(refusal.message, message);
      assert.match(refusal.nextStep, nextStep);
    });
  }

  test('ten thousand resources in a row are no burden', async () => {
    const chain = Array.from({ length: 10_000 }, (_, index) => [
      `R${index}`,
      thing(index === 9_999 ? {} : { next: { Ref: `R${index + 1}` } }),
    ]);
    const { seen } = await create({ Resources: Object.fromEntries(chain) });
    assert.equal(seen[0]?.logicalId, 'R9999');
  });
});
