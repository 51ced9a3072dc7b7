import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { KeptAssembly } from '../src/kept-assemblies.ts';

const folder = mkdtempSync(join(tmpdir(), 'countersign-kept-'));
const keptIn = join(folder, 'kept');
after(() => rmSync(folder, { recursive: true }));

async function anAssembly(name: string): Promise<{ kept: KeptAssembly; made: string }> {
  const made = join(folder, name);
  mkdirSync(join(made, 'asset.1'), { recursive: true });
  writeFileSync(join(made, 'manifest.json'), '{}');
  writeFileSync(join(made, 'asset.1', 'index.mjs'), `export const name = '${name}';`);
  return { kept: await KeptAssembly.of({ stackName: name }, keptIn), made };
}

const filesIn = (path: string): Set<string> => new Set(readdirSync(path, { recursive: true, encoding: 'utf8' }));

test('what was made once is copied after that, instead of what is there', async () => {
  const { kept, made } = await anAssembly('once');
  const to = join(folder, 'once-copied');
  mkdirSync(to);
  writeFileSync(join(to, 'of-yesterday'), '');
  assert.equal(await kept.copyTo(to), false);
  await kept.keep(made);
  assert.equal(await kept.copyTo(to), true);
  assert.deepEqual(filesIn(to), filesIn(made));
  assert.equal(readFileSync(join(to, 'asset.1/index.mjs'), 'utf8'), "export const name = 'once';");
});

test('with other settings it is another app', async () => {
  const { kept, made } = await anAssembly('settings');
  await kept.keep(made);
  const other = await KeptAssembly.of({ stackName: 'other' }, keptIn);
  assert.equal(await other.copyTo(join(folder, 'settings-copied')), false);
});

test('what was damaged is not taken, and is made good by the next that is made', async () => {
  const { kept, made } = await anAssembly('damaged');
  const before = new Set(readdirSync(keptIn));
  await kept.keep(made);
  const [name] = readdirSync(keptIn).filter(
    (one) => !before.has(one) && existsSync(join(keptIn, one, 'assembly/asset.1/index.mjs')),
  );
  assert.ok(name !== undefined);
  writeFileSync(join(keptIn, name, 'assembly/asset.1/index.mjs'), '');
  const to = join(folder, 'damaged-copied');
  assert.equal(await kept.copyTo(to), false);
  await kept.keep(made);
  assert.equal(await kept.copyTo(to), true);
});

test('only so many are kept, and nothing unfinished', async () => {
  for (let count = 0; count < 10; count++) {
    const { kept, made } = await anAssembly(`many-${count}`);
    await kept.keep(made);
  }
  const names = readdirSync(keptIn);
  assert.ok(names.length <= 8, names.join(' '));
  assert.deepEqual(
    names.filter((name) => name.startsWith('.')),
    [],
  );
});
