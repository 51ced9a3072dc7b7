import { App, Stack } from 'aws-cdk-lib';
import type { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { NodeFunction } from '../src/index.ts';

const folder = mkdtempSync(join(tmpdir(), 'countersign-bundle-'));
after(() => rmSync(folder, { recursive: true }));

const SOURCES = {
  'handler.ts': `import { shared } from './shared.ts';
    import { used } from './openers.ts';
    export const handler = async (): Promise<string> => shared + (await used());`,
  'openers.ts': `export const used = async () => (await import('./seldom.ts')).seldom;
    export const unused = async () => (await import('./never.ts')).never;`,
  'shared.ts': `export const shared = 'shared ';`,
  'seldom.ts': `import { shared } from './shared.ts'; export const seldom: string = shared + 'seldom';`,
  'never.ts': `export const never = 'nobody loads this';`,
};

/** The project as it lies in a folder, bundled; the modules by their names. */
function bundle(name: string): { path: string; modules: Record<string, string> } {
  const project = join(folder, name);
  mkdirSync(project, { recursive: true });
  for (const [file, source] of Object.entries(SOURCES)) writeFileSync(join(project, file), source);
  const app = new App({
    builtinCloudFormationValidation: false,
    context: { 'aws:cdk:enable-asset-metadata': true },
    outdir: join(project, 'cdk.out'),
  });
  const entry = join(project, 'handler.ts');
  const one = new NodeFunction(new Stack(app, 'Stack'), 'Function', { entry, description: 'Says something' });
  const { directory } = app.synth();
  const path = join(directory, String((one.node.defaultChild as CfnFunction).getMetadata('aws:asset:path')));
  const modules = readdirSync(path).map((file): [string, string] => [file, readFileSync(join(path, file), 'utf8')]);
  return { path, modules: Object.fromEntries(modules) };
}

const here = bundle('here');

test('what is imported when it is needed is in a module of its own, and what nobody imports in none', async () => {
  const { 'index.mjs': index = '', ...others } = here.modules;
  assert.ok(!index.includes('seldom"'), index);
  assert.ok(Object.values(others).some((source) => source.includes('seldom')));
  assert.ok(!JSON.stringify(here.modules).includes('nobody loads this'));
  const { handler } = (await import(join(here.path, 'index.mjs'))) as { handler: () => Promise<string> };
  assert.equal(await handler(), 'shared shared seldom');
});

test('the same code is the same modules wherever it lies, so nothing is deployed anew for where somebody built it', () => {
  const elsewhere = bundle(join('somewhere', 'else'));
  assert.deepEqual(elsewhere.modules, here.modules);
});
