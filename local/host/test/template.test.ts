import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Scope } from '../src/intrinsic-functions.ts';
import { evaluateConditions, referencesIn, resolve } from '../src/intrinsic-functions.ts';
import type { Json } from '../src/template.ts';
import { parseTemplate } from '../src/template.ts';
import { refusalOf } from './refusal.ts';

const TEMPLATE = {
  Parameters: {
    Stage: { Type: 'String', Default: 'test' },
    Size: { Type: 'Number', Default: 3 },
    Zones: { Type: 'CommaDelimitedList', Default: 'a, b,c' },
    Ports: { Type: 'List<Number>', Default: '80,443' },
    Asked: { Type: 'String' },
    BootstrapVersion: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/cdk-bootstrap/x/version' },
  },
  Mappings: { Sizes: { test: { memory: 128, names: ['x', 'y'] } } },
  Conditions: {
    IsTest: { 'Fn::Equals': [{ Ref: 'Stage' }, 'test'] },
    IsProd: { 'Fn::Not': [{ Condition: 'IsTest' }] },
    Both: { 'Fn::And': [{ Condition: 'IsTest' }, { Condition: 'IsProd' }] },
    Either: { 'Fn::Or': [{ Condition: 'IsProd' }, { 'Fn::Equals': [{ Ref: 'Size' }, '3'] }] },
    Mapped: { 'Fn::Equals': [{ 'Fn::FindInMap': ['Sizes', { Ref: 'Stage' }, 'memory'] }, 128] },
    Circle: { 'Fn::Not': [{ Condition: 'Round' }] },
    Round: { Condition: 'Circle' },
    Odd: { 'Fn::Contains': [['a'], 'a'] },
    Single: { 'Fn::And': [{ Condition: 'IsTest' }] },
    OnResource: { 'Fn::Equals': [{ Ref: 'Bucket' }, 'x'] },
  },
  Resources: {
    Bucket: { Type: 'AWS::S3::Bucket' },
    Function: { Type: 'AWS::Lambda::Function' },
    Hidden: { Type: 'AWS::S3::Bucket', Condition: 'IsProd' },
  },
};

function scopeOf(value: unknown, created: Scope['created'] = new Map()): Scope {
  const lookups = {
    stackName: 'Shop',
    template: parseTemplate(value, 'Shop'),
    pseudoParameters: new Map([
      ['AWS::Region', 'us-east-1'],
      ['AWS::AccountId', '000000000000'],
    ]),
    exports: new Map<string, Json>([['Base:Name', 'exported']]),
  };
  return { ...lookups, created, conditions: evaluateConditions(lookups) };
}

const scope = scopeOf(
  TEMPLATE,
  new Map([
    ['Bucket', { ref: 'shop-bucket', attributes: { Arn: 'arn:aws:s3:::shop-bucket', 'Inner.Name': 'dotted' } }],
    ['Function', { ref: 'Shop-Function', attributes: {} }],
  ]),
);

async function refused(act: () => unknown): Promise<string> {
  const { message, nextStep } = await refusalOf(act);
  assert.equal(nextStep, 'Correct the CDK app, then synthesise it again.');
  return message;
}

describe('what an intrinsic function gives', () => {
  const cases: [Json, Json | undefined][] = [
    ['text', 'text'],
    [
      [1, true, null],
      [1, true, null],
    ],
    [{ Ref: 'Bucket' }, 'shop-bucket'],
    [{ Ref: 'Stage' }, 'test'],
    [{ Ref: 'Size' }, '3'],
    [{ Ref: 'Zones' }, ['a', 'b', 'c']],
    [{ Ref: 'Ports' }, ['80', '443']],
    [{ Ref: 'AWS::Region' }, 'us-east-1'],
    [{ Ref: 'AWS::NoValue' }, undefined],
    [{ a: { Ref: 'AWS::NoValue' }, b: [1, { Ref: 'AWS::NoValue' }, 2] }, { b: [1, 2] }],
    [{ 'Fn::GetAtt': ['Bucket', 'Arn'] }, 'arn:aws:s3:::shop-bucket'],
    [{ 'Fn::GetAtt': 'Bucket.Arn' }, 'arn:aws:s3:::shop-bucket'],
    [{ 'Fn::GetAtt': ['Bucket', 'Inner', 'Name'] }, 'dotted'],
    [{ 'Fn::GetAtt': 'Bucket.Inner.Name' }, 'dotted'],
    [{ 'Fn::Join': ['-', ['a', { Ref: 'Stage' }, 1, true]] }, 'a-test-1-true'],
    [{ 'Fn::Join': ['', { Ref: 'Zones' }] }, 'abc'],
    [{ 'Fn::Join': [',', []] }, ''],
    [
      { 'Fn::Sub': '${Stage}/${Bucket.Arn}/${AWS::Region}/${!Literal}/$x' },
      'test/arn:aws:s3:::shop-bucket/us-east-1/${Literal}/$x',
    ],
    [{ 'Fn::Sub': ['${Stage}:${B}', { B: { Ref: 'Bucket' }, Stage: 'own' }] }, 'own:shop-bucket'],
    [{ 'Fn::Sub': ['${A}', { A: '$&${Stage}' }] }, '$&${Stage}'],
    [{ 'Fn::Select': [1, ['a', 'b']] }, 'b'],
    [{ 'Fn::Select': ['2', { Ref: 'Zones' }] }, 'c'],
    [{ 'Fn::Select': [5, { 'Fn::Split': [':', { 'Fn::GetAtt': ['Bucket', 'Arn'] }] }] }, 'shop-bucket'],
    [{ 'Fn::FindInMap': ['Sizes', { Ref: 'Stage' }, 'memory'] }, 128],
    [{ 'Fn::FindInMap': ['Sizes', 'test', 'names'] }, ['x', 'y']],
    [{ 'Fn::If': ['IsTest', 'yes', { Ref: 'Nothing' }] }, 'yes'],
    [{ a: { 'Fn::If': ['IsProd', 'yes', { Ref: 'AWS::NoValue' }] } }, {}],
    [{ 'Fn::Base64': 'hi' }, 'aGk='],
    [{ 'Fn::ImportValue': { 'Fn::Sub': 'Base:Name' } }, 'exported'],
    // An object with a member called Ref beside others is no function, and neither is a Condition outside Conditions.
    [
      { Ref: 'x', other: 1 },
      { Ref: 'x', other: 1 },
    ],
    [{ Condition: 'IsTest' }, { Condition: 'IsTest' }],
  ];
  for (const [value, expected] of cases) {
    test(JSON.stringify(value), () => assert.deepEqual(resolve(value, scope, 'Resources.R'), expected));
  }
});

describe('a function that cannot be resolved is refused by name and place', () => {
  const cases: [Json, string][] = [
    [{ Ref: 'Nothing' }, 'P.a.Ref: "Nothing" is neither a resource nor a parameter of the template'],
    [{ Ref: '__proto__' }, 'P.a.Ref: "__proto__" is neither a resource nor a parameter of the template'],
    [{ Ref: ['Bucket'] }, 'P.a.Ref: Ref takes one name'],
    [{ Ref: 'Asked' }, 'P.a.Ref: the parameter "Asked" has no default, and nobody is asked for a value'],
    [
      { Ref: 'BootstrapVersion' },
      'P.a.Ref: "BootstrapVersion" is read from the SSM Parameter Store, which does not run here',
    ],
    [{ Ref: 'Hidden' }, 'P.a.Ref: the resource "Hidden" is left out by its condition "IsProd"'],
    [
      { 'Fn::GetAtt': ['Bucket', 'Arm'] },
      'P.a.Fn::GetAtt: "Bucket" (AWS::S3::Bucket) has no attribute "Arm" here; it has: Arn, Inner.Name',
    ],
    [
      { 'Fn::GetAtt': ['Function', 'constructor'] },
      'P.a.Fn::GetAtt: "Function" (AWS::Lambda::Function) has no attribute "constructor" here; it has: none',
    ],
    [
      { 'Fn::GetAtt': ['Stage', 'Arn'] },
      'P.a.Fn::GetAtt: "Stage" is neither a resource nor a parameter of the template',
    ],
    [{ 'Fn::GetAtt': 'Bucket' }, 'P.a.Fn::GetAtt: Fn::GetAtt takes a logical id and an attribute name'],
    [{ 'Fn::Join': ['-', 'text'] }, 'P.a.Fn::Join.1: it must give a list, not a string'],
    [{ 'Fn::Join': ['-', [{ x: 1 }]] }, 'P.a.Fn::Join.1.0: it must give a string, not an object'],
    [{ 'Fn::Join': ['-'] }, 'P.a.Fn::Join: Fn::Join takes a delimiter and a list'],
    [{ 'Fn::Sub': '${Zones}' }, 'P.a.Fn::Sub: it must give a string, not a list'],
    [
      { 'Fn::Sub': '${Bucket.Arm}' },
      'P.a.Fn::Sub.Fn::GetAtt: "Bucket" (AWS::S3::Bucket) has no attribute "Arm" here; it has: Arn, Inner.Name',
    ],
    [{ 'Fn::Sub': ['x', { a: 1 }, 2] }, 'P.a.Fn::Sub: Fn::Sub takes a string, or a list of a string and its variables'],
    [{ 'Fn::Select': [3, { Ref: 'Zones' }] }, 'P.a.Fn::Select: a list of 3 has no item at index 3'],
    [{ 'Fn::Select': [-1, ['a']] }, 'P.a.Fn::Select: a list of 1 has no item at index -1'],
    [{ 'Fn::Select': [0] }, 'P.a.Fn::Select: Fn::Select takes an index and a list'],
    [{ 'Fn::Split': ['', 'ab'] }, 'P.a.Fn::Split: Fn::Split takes a delimiter and a string'],
    [{ 'Fn::FindInMap': ['Sizes', 'prod', 'memory'] }, 'P.a.Fn::FindInMap: there is no Mappings.Sizes.prod.memory'],
    [
      { 'Fn::FindInMap': ['Sizes', '__proto__', 'toString'] },
      'P.a.Fn::FindInMap: there is no Mappings.Sizes.__proto__.toString',
    ],
    [{ 'Fn::FindInMap': ['Sizes', 'test'] }, 'P.a.Fn::FindInMap: Fn::FindInMap takes a map name and two keys'],
    [{ 'Fn::If': ['Missing', 1, 2] }, 'P.a.Fn::If: there is no condition "Missing" in the template'],
    [{ 'Fn::If': ['IsTest', 1] }, 'P.a.Fn::If: Fn::If takes the name of a condition and two values'],
    [
      { 'Fn::ImportValue': 'Other:Name' },
      'P.a.Fn::ImportValue: no stack of this assembly that is created before exports "Other:Name"',
    ],
    [{ 'Fn::GetAZs': '' }, 'P.a: the function Fn::GetAZs is not known here'],
    [{ 'Fn::Join': ['', ['x']], more: 1 }, 'P.a: Fn::Join must stand alone in its object'],
    [{ 'Fn::Base64': { Ref: 'AWS::NoValue' } }, 'P.a.Fn::Base64: it must give a string, not AWS::NoValue'],
  ];
  for (const [value, expected] of cases) {
    test(expected, async () =>
      assert.equal(await refused(() => resolve({ a: value }, scope, 'P')), `Stack "Shop", ${expected}.`),
    );
  }
});

describe('conditions', () => {
  const held = { IsTest: true, IsProd: false, Both: false, Either: true, Mapped: true };
  for (const [name, expected] of Object.entries(held)) {
    test(`${name} is ${expected}`, () => assert.equal(scope.conditions.holds(name, 'P'), expected));
  }
  const kinds = 'a condition is one of Fn::And, Fn::Or (two or more), Fn::Not (one), Fn::Equals (two) and Condition';
  const faults = {
    Circle: 'Conditions.Circle: it depends on itself',
    Odd: `Conditions.Odd: ${kinds}`,
    Single: `Conditions.Single: ${kinds}`,
    OnResource: 'Conditions.OnResource.Fn::Equals.0.Ref: the resource "Bucket" cannot be referred to here',
    toString: 'P: there is no condition "toString" in the template',
  };
  for (const [name, expected] of Object.entries(faults)) {
    test(`${name} is refused`, async () => {
      assert.equal(await refused(() => scopeOf(TEMPLATE).conditions.holds(name, 'P')), `Stack "Shop", ${expected}.`);
    });
  }

  test('each is evaluated once, so that naming one twice in each of many costs nothing', () => {
    const chain = Array.from({ length: 30 }, (_, index) => {
      const previous = { Condition: `C${index - 1}` };
      return [`C${index}`, index === 0 ? { 'Fn::Equals': ['a', 'a'] } : { 'Fn::And': [previous, previous] }];
    });
    assert.equal(scopeOf({ Resources: {}, Conditions: Object.fromEntries(chain) }).conditions.holds('C29', 'P'), true);
  });

  test('a chain without end is refused, not followed', async () => {
    const chain = Array.from({ length: 20_000 }, (_, index) => [`C${index}`, { Condition: `C${index + 1}` }]);
    const { conditions } = scopeOf({ Resources: {}, Conditions: Object.fromEntries(chain) });
    assert.match(await refused(() => conditions.holds('C0', 'P')), /more than 32 conditions name each other in a row/v);
  });
});

describe('references', () => {
  const cases: [Json, string[]][] = [
    [{ Ref: 'Bucket' }, ['Bucket']],
    [
      { a: [{ 'Fn::GetAtt': 'Function.Arn' }, { 'Fn::Sub': '${Bucket} ${!Nothing} ${AWS::Region} ${Stage}' }] },
      ['Function', 'Bucket'],
    ],
    [{ 'Fn::Sub': ['${Bucket.Arn} ${X}', { X: { Ref: 'Function' } }] }, ['Function', 'Bucket']],
    [{ 'Fn::Sub': ['${Bucket}', { Bucket: 'own' }] }, []],
    [{ 'Fn::If': ['IsTest', { Ref: 'Function' }, { Ref: 'Hidden' }] }, ['Function']],
    [{ 'Fn::Join': ['', [{ Ref: 'Bucket' }, { Ref: 'Stage' }, { Ref: 'AWS::NoValue' }]] }, ['Bucket']],
  ];
  for (const [value, expected] of cases) {
    test(JSON.stringify(value), () => assert.deepEqual([...referencesIn(value, scope, 'P')], expected));
  }

  for (const value of [{ Ref: 'No' }, { 'Fn::GetAtt': ['No', 'Arn'] }, { 'Fn::Sub': '${No.Arn}' }]) {
    test(`${JSON.stringify(value)} names nothing`, async () => {
      assert.match(
        await refused(() => referencesIn({ a: [value] }, scope, 'P')),
        /P\.a\.0\..*"No" is neither a resource/v,
      );
    });
  }
});

describe('a template that is not as CloudFormation wants it', () => {
  const resource = (fields: object) => ({ Resources: { R: { Type: 'T', ...fields } } });
  const cases: [unknown, string][] = [
    [null, 'the template: it must be an object'],
    [[], 'the template: it must be an object'],
    [{ Resources: [] }, 'Resources: it must be an object'],
    [{ Resources: { R: 'x' } }, 'Resources.R: it must be an object'],
    [{ Resources: { R: {} } }, 'Resources.R.Type: it must be a string'],
    [{ Resources: { 'a-b': { Type: 'T' } } }, 'Resources.a-b: a logical id consists of 1 to 255 letters and digits'],
    [resource({ Properties: 1 }), 'Resources.R.Properties: it must be an object'],
    [resource({ DependsOn: [1] }), 'Resources.R.DependsOn: it must be a logical id or a list of them'],
    [resource({ Condition: {} }), 'Resources.R.Condition: it must be a string'],
    [{ Parameters: { P: {} } }, 'Parameters.P.Type: it must be a string'],
    [{ Parameters: { P: { Type: 'String', Default: {} } } }, 'Parameters.P.Default: it must be a string or a number'],
    [{ Outputs: { O: {} } }, 'Outputs.O: it has no Value'],
    [{ Outputs: { O: { Value: 1, Export: 1 } } }, 'Outputs.O.Export: it must be an object'],
    [{ Transform: 'AWS::Serverless-2016-10-31' }, 'Transform: the macro "AWS::Serverless-2016-10-31" is not run here'],
    [{ Resouces: {} }, 'Resouces: CloudFormation knows no such section'],
    [JSON.parse('{"__proto__":{"x":1}}'), '__proto__: CloudFormation knows no such section'],
  ];
  for (const [template, expected] of cases) {
    test(expected, async () =>
      assert.equal(await refused(() => parseTemplate(template, 'Shop')), `Stack "Shop", ${expected}.`),
    );
  }

  test('nesting deeper than 128 levels is refused, however deep', async () => {
    const nested = (depth: number): unknown => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`);
    // The template, its section, the resource, its properties and the member are five levels.
    const template = (depth: number) => ({ Resources: { R: { Type: 'T', Properties: { a: nested(depth) } } } });
    const parsed = parseTemplate(template(124), 'Shop');
    assert.ok(resolve(parsed.resources.get('R')?.properties ?? null, scope, 'P'));
    for (const depth of [125, 5_000, 100_000]) {
      assert.match(await refused(() => parseTemplate(template(depth), 'Shop')), /nests more than 128 levels deep/v);
    }
  });

  test('keys that name the prototype are keys like any other', () => {
    const value: Json = JSON.parse('{"__proto__":{"polluted":true},"constructor":{"Ref":"Stage"},"prototype":1}');
    const resolved = resolve(value, scope, 'P');
    assert.equal(JSON.stringify(resolved), '{"__proto__":{"polluted":true},"constructor":"test","prototype":1}');
    assert.equal(Object.hasOwn(Object.prototype, 'polluted'), false);
    const sub = { 'Fn::Sub': JSON.parse('["${__proto__}",{"__proto__":"own"}]') };
    assert.equal(resolve(sub, scope, 'P'), 'own');
  });
});
