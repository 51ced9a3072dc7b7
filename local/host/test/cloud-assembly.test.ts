import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { readCloudAssembly } from '../src/cloud-assembly.ts';
import { refusalOf } from './refusal.ts';

const root = mkdtempSync(join(tmpdir(), 'countersign-assembly-'));
after(() => rmSync(root, { recursive: true }));

/** Writes the files of an assembly: objects as JSON, strings as they are. */
function write(files: Readonly<Record<string, unknown>>): string {
  const dir = mkdtempSync(join(root, 'a-'));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(dir, name, '..'), { recursive: true });
    writeFileSync(join(dir, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return dir;
}

function stack(name: string, more: object = {}) {
  const properties = { templateFile: `${name}.template.json` };
  return { type: 'aws:cloudformation:stack', environment: 'aws://unknown-account/unknown-region', properties, ...more };
}

function manifest(artifacts: object, version = '55.0.0') {
  return { 'manifest.json': { version, artifacts } };
}

const EMPTY = { Resources: {} };

test('stacks come after those they depend on, with their templates and assets', async () => {
  const dir = write({
    ...manifest({
      Tree: { type: 'cdk:tree', properties: { file: 'tree.json' } },
      'A.assets': { type: 'cdk:asset-manifest', properties: { file: 'A.assets.json' } },
      A: stack('A', { dependencies: ['A.assets', 'B'] }),
      B: stack('B', { properties: { templateFile: 'B.template.json', stackName: 'base' } }),
      'assembly-Prod': { type: 'cdk:cloud-assembly', properties: { directoryName: 'assembly-Prod' } },
    }),
    'A.template.json': { Resources: { X: { Type: 'T' } } },
    'B.template.json': EMPTY,
    'A.assets.json': {
      version: '55.0.0',
      files: {
        abc: { source: { path: 'asset.abc', packaging: 'zip' }, destinations: { here: { objectKey: 'pre/abc.zip' } } },
        def: { source: { path: 'asset.def.json' }, destinations: { here: { objectKey: 'def.json' } } },
        ghi: { source: { executable: ['make'] }, destinations: { here: { objectKey: 'ghi.zip' } } },
      },
    },
  });
  const { stacks, environment, stages } = await readCloudAssembly(dir);
  assert.deepEqual(
    stacks.map(({ name }) => name),
    ['base', 'A'],
  );
  assert.deepEqual(environment, { accountId: '000000000000', region: 'us-east-1' });
  assert.deepEqual(stages, [{ id: 'assembly-Prod', assemblyDir: join(dir, 'assembly-Prod') }]);
  assert.deepEqual([...(stacks[1]?.template.resources.keys() ?? [])], ['X']);
  assert.deepEqual(
    [...(stacks[1]?.assets ?? [])],
    [
      ['pre/abc.zip', { path: join(dir, 'asset.abc'), packaging: 'zip' }],
      ['def.json', { path: join(dir, 'asset.def.json'), packaging: 'file' }],
    ],
  );
});

test('account and region are those the stacks name', async () => {
  const dir = write({
    ...manifest({
      A: stack('A'),
      B: stack('B', { environment: 'aws://123456789012/unknown-region' }),
      C: stack('C', { environment: 'aws://123456789012/ap-southeast-2' }),
    }),
    'A.template.json': EMPTY,
    'B.template.json': EMPTY,
    'C.template.json': EMPTY,
  });
  assert.deepEqual((await readCloudAssembly(dir)).environment, { accountId: '123456789012', region: 'ap-southeast-2' });
});

describe('an assembly that cannot be run is refused with the reason', () => {
  const oneStack = { ...manifest({ A: stack('A') }), 'A.template.json': EMPTY };
  const stage = { type: 'cdk:cloud-assembly', properties: { directoryName: 'assembly-Prod' } };
  const cases: [string, Record<string, unknown>, RegExp, RegExp][] = [
    [
      'an empty folder',
      { other: '' },
      /^There is no cloud assembly in ".*": no file ".*manifest\.json"\.$/v,
      /npx cdk synth/v,
    ],
    ['no JSON', { 'manifest.json': '{' }, /"[^"]*manifest\.json" is not JSON\.$/v, /npx cdk synth/v],
    [
      'no manifest',
      { 'manifest.json': [] },
      /manifest\.json" is not as the CDK writes it: see its outermost value\.$/v,
      /synth/v,
    ],
    ['no version', { 'manifest.json': {} }, /is not as the CDK writes it: see version\.$/v, /synth/v],
    [
      'a newer schema',
      manifest({}, '56.0.0'),
      /has version "56\.0\.0" of the cloud assembly schema, and this host reads up to 55\.$/v,
      /newer Countersign/v,
    ],
    ['no number as version', manifest({}, 'x'), /has version "x" of the cloud assembly schema/v, /newer Countersign/v],
    ['no stacks', manifest({}), /has no stacks\.$/v, /Add a stack/v],
    [
      'only stages',
      manifest({ 'assembly-Prod': stage }),
      /has only stages: "assembly-Prod"\.$/v,
      /Name one of them: .*assembly-Prod$/v,
    ],
    ['a stack without a template', manifest({ A: { ...stack('A'), properties: {} } }), /see artifacts\.A/v, /synth/v],
    [
      'a missing template',
      manifest({ A: stack('A') }),
      /^The template of stack "A" is missing: no file ".*A\.template\.json"\.$/v,
      /synth/v,
    ],
    ['a broken template', { ...oneStack, 'A.template.json': 'x' }, /A\.template\.json" is not JSON\.$/v, /synth/v],
    [
      'a template above 1 MiB',
      { ...oneStack, 'A.template.json': `{"Description":"${'x'.repeat(1_048_576)}"}` },
      /has 1048594 bytes, and CloudFormation takes no template above 1048576\.$/v,
      /Divide/v,
    ],
    [
      'a missing list of assets',
      {
        ...oneStack,
        ...manifest({ A: stack('A'), B: { type: 'cdk:asset-manifest', properties: { file: 'B.json' } } }),
      },
      /^A list of assets is missing: no file ".*B\.json"\.$/v,
      /synth/v,
    ],
    [
      'a circle of stacks',
      { ...oneStack, ...manifest({ A: stack('A', { dependencies: ['B'] }), B: stack('B', { dependencies: ['A'] }) }) },
      /^The stacks depend on each other in a circle: A → B → A\.$/v,
      /Break/v,
    ],
    [
      'two stacks of one name',
      {
        ...oneStack,
        ...manifest({
          A: stack('A'),
          B: { ...stack('A'), properties: { templateFile: 'A.template.json', stackName: 'A' } },
        }),
      },
      /^Two stacks of the assembly are named "A"\.$/v,
      /name of its own/v,
    ],
    [
      'two regions',
      {
        ...oneStack,
        ...manifest({
          A: stack('A', { environment: 'aws://unknown-account/eu-west-1' }),
          B: stack('B', { environment: 'aws://unknown-account/eu-north-1' }),
        }),
      },
      /^The stacks "A" and "B" belong to different environments \(eu-west-1 and eu-north-1\), and this machine is one\.$/v,
      /same env/v,
    ],
    [
      'a macro',
      { ...oneStack, 'A.template.json': { Transform: 'M', Resources: {} } },
      /^Stack "A", Transform: the macro "M" is not run here\.$/v,
      /synthesise/v,
    ],
  ];
  for (const [title, files, message, nextStep] of cases) {
    test(title, async () => {
      const refusal = await refusalOf(() => readCloudAssembly(write(files)));
      assert.match(refusal.message, message);
      assert.match(refusal.nextStep, nextStep);
    });
  }

  test('a folder that is not there, or is a file', async () => {
    const file = join(write({ file: '' }), 'file');
    assert.match(
      (await refusalOf(() => readCloudAssembly(join(root, 'nowhere')))).message,
      /^There is no cloud assembly in/v,
    );
    assert.match((await refusalOf(() => readCloudAssembly(file))).message, /^There is no cloud assembly in/v);
  });
});

test('keys that name the prototype neither crash the reader nor change a prototype', async () => {
  const artifact = JSON.stringify(stack('A'));
  const dir = write({
    'manifest.json': `{"version":"55.0.0","artifacts":{"A":${artifact},"__proto__":${artifact},"constructor":{"type":"cdk:tree"}}}`,
    'A.template.json': EMPTY,
  });
  assert.ok(await readCloudAssembly(dir));
  assert.equal(Object.hasOwn(Object.prototype, 'type'), false);
});
