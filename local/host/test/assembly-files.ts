import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';

const root = mkdtempSync(join(tmpdir(), 'countersign-host-'));
// Functions import the AWS SDK, which Lambda has and a folder of its own has not.
symlinkSync(join(import.meta.dirname, '..', '..', '..', 'node_modules'), join(root, 'node_modules'));
after(() => rmSync(root, { recursive: true, force: true }));

/** A path nobody has used before, in a folder that goes with the test file. */
export function freshPath(): string {
  return join(mkdtempSync(join(root, 'p-')), 'it');
}

/** An assembly of one stack, "App". `files` are those of its assets, by `<asset>/<file>`; each asset is a function's code. */
export function writeAssembly(
  resources: object,
  files: Readonly<Record<string, string>> = {},
  region = 'us-east-1',
): string {
  const dir = freshPath();
  mkdirSync(dir);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(dir, name, '..'), { recursive: true });
    writeFileSync(join(dir, name), content);
  }
  const assets = [...new Set(Object.keys(files).map((name) => name.split('/')[0] ?? name))].map((asset) => [
    asset,
    {
      source: { path: asset, packaging: asset.includes('.') ? 'file' : 'zip' },
      destinations: { here: { bucketName: 'assets', objectKey: asset.includes('.') ? asset : `${asset}.zip` } },
    },
  ]);
  const write = (name: string, content: object) => writeFileSync(join(dir, name), JSON.stringify(content));
  write('manifest.json', {
    version: '55.0.0',
    artifacts: {
      'App.assets': { type: 'cdk:asset-manifest', properties: { file: 'App.assets.json' } },
      App: {
        type: 'aws:cloudformation:stack',
        environment: `aws://unknown-account/${region}`,
        properties: { templateFile: 'App.template.json' },
      },
    },
  });
  write('App.assets.json', { files: Object.fromEntries(assets) });
  write('App.template.json', { Resources: resources });
  return dir;
}

export const PARCELS = join(import.meta.dirname, 'fixtures', 'parcels');

/** The parcels app with one of its templates changed. */
export function changedParcels(template: 'Counter' | 'Storage', change: (text: string) => string): string {
  const dir = freshPath();
  cpSync(PARCELS, dir, { recursive: true });
  const file = join(dir, `${template}.template.json`);
  const before = readFileSync(file, 'utf8');
  const changed = change(before);
  if (changed === before) throw new Error('the change changed nothing');
  writeFileSync(file, changed);
  return dir;
}
