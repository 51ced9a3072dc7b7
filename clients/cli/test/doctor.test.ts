import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { openDataDir } from '../../../local/host/src/index.ts';
import type { Check, Patient } from '../src/doctor/check.ts';
import { dataFolder } from '../src/doctor/data-folder.ts';
import { diskSpace } from '../src/doctor/disk-space.ts';
import { diskSync } from '../src/doctor/disk-sync.ts';
import { endpoint } from '../src/doctor/endpoint.ts';
import { leftovers } from '../src/doctor/leftovers.ts';
import { nodeVersion } from '../src/doctor/node-version.ts';
import { ports } from '../src/doctor/ports.ts';
import { cdk, esbuild } from '../src/doctor/programs.ts';
import { runCli } from './run-cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'countersign-doctor-'));
after(() => rmSync(folder, { recursive: true }));

const nowhere: Patient = {
  data: join(folder, 'data'),
  port: 0,
  awsPort: 0,
  url: 'http://127.0.0.1:1',
  endpoint: 'http://127.0.0.1:1',
};

async function check(which: Check, patient: Partial<Patient>, status: string, words: RegExp): Promise<void> {
  const finding = await which.look({ ...nowhere, ...patient });
  assert.equal(finding.status, status, JSON.stringify(finding));
  assert.match(`${finding.found} → ${finding.nextStep ?? ''}`, words);
  assert.equal(finding.nextStep === undefined, status === 'ok', 'what is not well has a next step');
}

test('what this very process runs with is well', async () => {
  for (const each of [nodeVersion, esbuild, cdk]) await check(each, {}, 'ok', /\d+\.\d+\.\d+/);
  await check(diskSpace, {}, 'ok', /GiB free at /);
});

test('how long a write takes to be safe is measured where the data folder will be, and leaves nothing there', async () => {
  const { status, found } = await diskSync.look(nowhere);
  assert.ok(status !== 'fail', found);
  assert.match(found, / ms for each write to be safe at | is in memory$/);
  assert.deepEqual(readdirSync(folder), []);
});

test('what a restore has left that was killed is told, and removed by --repair', async () => {
  const data = join(folder, 'restored');
  await check(leftovers, { data }, 'ok', /there are none/);
  const busy = `${data}.unfinished-${process.ppid}`;
  mkdirSync(busy);
  await check(leftovers, { data }, 'ok', /process \d+ fills /);
  const ended = `${data}.unfinished-${spawnSync(process.execPath, ['-e', '']).pid}`;
  mkdirSync(ended);
  await check(
    leftovers,
    { data },
    'warn',
    /left by a restore that was killed: .*restored\.unfinished-\d+ → .*--repair/,
  );
  assert.ok(existsSync(ended), 'who only looks removes nothing');
  await check(leftovers, { data, repair: true }, 'warn', /removed: .*restored\.unfinished-\d+/);
  assert.deepEqual([existsSync(ended), existsSync(busy)], [false, true]);
});

test('a data folder is to be ours, for its owner alone, and of this version', async () => {
  const data = join(folder, 'kept');
  await check(dataFolder, { data }, 'ok', /is not there yet/);
  const held = openDataDir(data);
  await check(dataFolder, { data }, 'ok', /is in use by process \d+/);
  held.close();
  await check(dataFolder, { data }, 'ok', /of this version, in use by nobody/);
  chmodSync(data, 0o755);
  await check(dataFolder, { data }, 'warn', /chmod 700/);
  chmodSync(data, 0o700);
  writeFileSync(join(data, 'countersign.json'), '{"format":99}');
  await check(dataFolder, { data }, 'fail', /written by a newer Countersign/);
  const other = join(folder, 'other');
  mkdirSync(other);
  await check(dataFolder, { data: other }, 'ok', /is empty/);
  writeFileSync(join(other, 'thesis.txt'), '');
  await check(dataFolder, { data: other }, 'fail', /holds other things/);
  await check(dataFolder, { data: join(other, 'thesis.txt') }, 'fail', /is a file → Choose a folder/);
});

test('a port that another program has is told, with what to do', async () => {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  await check(ports, { port }, 'warn', new RegExp(`in use or not allowed: ${port} → Stop what uses them`));
  server.close();
  await once(server, 'close');
});

test('an endpoint where nobody is, is no fault of the machine', async () => {
  await check(endpoint, {}, 'warn', /nobody answers at http:\/\/127\.0\.0\.1:1 → `countersign start`/);
});

test('doctor tells all it has found, and ends with 1 where something fails', async () => {
  const data = join(folder, 'foreign');
  mkdirSync(data);
  writeFileSync(join(data, 'notes.txt'), '');
  const args = [
    'doctor',
    '--data',
    data,
    '--port',
    '0',
    '--aws-port',
    '0',
    '--endpoint',
    'http://127.0.0.1:1',
    '--url',
    'http://127.0.0.1:1',
  ];
  const [words, machine] = [await runCli(args), await runCli([...args, '--json'])];
  assert.deepEqual([words.code, machine.code], [1, 1]);
  assert.match(words.stdout, /^✗ Data folder {5}.* holds other things\n {18}→ Choose an empty folder/m);
  assert.match(words.stderr, /^error: 1 of \d+ checks has failed\./);
  const { checks }: { checks: { name: string; status: string }[] } = JSON.parse(machine.stdout);
  assert.deepEqual(
    checks.filter(({ status }) => status === 'fail').map(({ name }) => name),
    ['Data folder'],
  );
});
