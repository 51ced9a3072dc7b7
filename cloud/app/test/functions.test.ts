import { App, Stack } from 'aws-cdk-lib';
import type { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import cdkJson from '../../../cdk.json' with { type: 'json' };
import { NodeFunction } from '../../constructs/src/index.ts';
import { OrderApprovalStack } from '../src/order-approval-stack.ts';

/** A new version of a library may weigh a little more; what doubles a function has to be seen. */
const TOLERANCE = 0.04;

const PAGE = readFileSync(join(import.meta.dirname, '../../../docs/deploy.md'), 'utf8');

interface Described {
  readonly timeoutSeconds: number;
  readonly startKb: number;
  readonly allKb: number;
}

/** By the path of each function, as the table in docs/deploy.md has it. */
const described = new Map(
  Array.from(
    PAGE.matchAll(/^\| `([A-Za-z\/]+)` \| (\d+) s \| (\d+) of (\d+) KB \|/gmv),
    ([, path = '', timeoutSeconds, startKb, allKb]): [string, Described] => [
      path,
      { timeoutSeconds: Number(timeoutSeconds), startKb: Number(startKb), allKb: Number(allKb) },
    ],
  ),
);

const outdir = mkdtempSync(join(tmpdir(), 'countersign-functions-'));
after(() => rmSync(outdir, { recursive: true }));
const deployed = bundledFunctions();

test('docs/deploy.md describes every function that there can be, and no other', () => {
  assert.deepEqual([...described.keys()].sort(), [...deployed.keys()].sort());
});

for (const [path, { timeoutSeconds, startKb, allKb }] of deployed) {
  test(`docs/deploy.md says what ${path} loads, and when it is ended`, () => {
    const said = described.get(path);
    const line = `| \`${path}\` | ${timeoutSeconds} s | ${startKb} of ${allKb} KB | …`;
    const hint = `docs/deploy.md should have this line:\n${line}\n`;
    assert.ok(said !== undefined, hint);
    assert.equal(said.timeoutSeconds, timeoutSeconds, hint);
    assert.ok(isAbout(said.startKb, startKb) && isAbout(said.allKb, allKb), hint);
  });
}

function isAbout(said: number, measured: number): boolean {
  return Math.abs(said - measured) <= measured * TOLERANCE;
}

/** Every function that the stack can have, bundled as for a deployment: with mails, and with long tasks. */
function bundledFunctions(): Map<string, Described> {
  const app = new App({
    builtinCloudFormationValidation: false,
    context: { ...cdkJson.context, 'aws:cdk:enable-asset-metadata': true },
    outdir,
  });
  const stacks = [
    new OrderApprovalStack(app, 'Orders', { mail: { from: 'orders@example.com' } }),
    new OrderApprovalStack(app, 'LongOrders', { longTasks: 'fargate' }),
  ];
  app.synth();
  const functions = stacks.flatMap(({ node }) => node.findAll()).filter((one) => one instanceof NodeFunction);
  return new Map(
    functions.map((one) => {
      const folder = join(outdir, String((one.node.defaultChild as CfnFunction).getMetadata('aws:asset:path')));
      const timeoutSeconds = one.timeout?.toSeconds() ?? assert.fail(`${one.node.path} has no timeout`);
      const path = one.node.path.slice(Stack.of(one).node.path.length + 1);
      return [path, { timeoutSeconds, startKb: startKb(folder), allKb: kb(readdirSync(folder), folder) }];
    }),
  );
}

/** What Node reads before the first event: the entry, and what is imported by an `import` at the head of a module. */
function startKb(folder: string): number {
  const loaded = new Set(['index.mjs']);
  for (const file of loaded) {
    const source = readFileSync(join(folder, file), 'utf8');
    for (const [, imported = ''] of source.matchAll(/(?:from|import)"\.\/([\w\-]+\.mjs)"/gv)) loaded.add(imported);
  }
  return kb([...loaded], folder);
}

function kb(files: readonly string[], folder: string): number {
  return Math.round(files.reduce((sum, file) => sum + statSync(join(folder, file)).size, 0) / 1000);
}
