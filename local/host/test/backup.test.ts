import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import { ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import {
  CreateActivityCommand,
  DescribeExecutionCommand,
  GetActivityTaskCommand,
  ListExecutionsCommand,
  SendTaskSuccessCommand,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { backUpDataFolder } from '../src/backup/requests.ts';
import { restore } from '../src/backup/restore.ts';
import { removeUnfinished, unfinishedFolders } from '../src/backup/unfinished.ts';
import { examineData } from '../src/examine-data.ts';
import { freshPath, writeAssembly } from './assembly-files.ts';
import { refusalOf } from './refusal.ts';
import { startTestHost, until, type TestHost } from './test-host.ts';

const activityArn = 'arn:aws:states:us-east-1:000000000000:activity:desk';
const stateMachineArn = 'arn:aws:states:us-east-1:000000000000:stateMachine:asking';
const definition = {
  StartAt: 'Ask',
  States: { Ask: { Type: 'Task', Resource: activityArn, TimeoutSeconds: 36_000, End: true } },
};
const assemblyDir = writeAssembly({
  Kept: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'kept' } },
  Asking: {
    Type: 'AWS::StepFunctions::StateMachine',
    Properties: {
      StateMachineName: 'asking',
      RoleArn: 'arn:aws:iam::000000000000:role/r',
      DefinitionString: JSON.stringify(definition),
    },
  },
});

/** Writes an object, then starts an execution of the same name, one pair after the other, until it is told to stop. */
async function keepWriting({ s3, sfn }: TestHost, acknowledged: string[], signal: { isOver: boolean }): Promise<void> {
  for (let number = 0; !signal.isOver; number++) {
    const name = `pair-${String(number).padStart(6, '0')}`;
    await s3.send(new PutObjectCommand({ Bucket: 'kept', Key: name, Body: name }));
    await sfn.send(new StartExecutionCommand({ stateMachineArn, name }));
    acknowledged.push(name);
  }
}

async function names({ s3, sfn }: TestHost): Promise<{ objects: string[]; executions: string[] }> {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: 'kept' }));
  const { executions = [] } = await sfn.send(new ListExecutionsCommand({ stateMachineArn, maxResults: 1_000 }));
  return { objects: Contents.map(({ Key = '' }) => Key), executions: executions.map(({ name = '' }) => name).sort() };
}

test('a backup that is made under load holds all databases at one moment, and what waited in it can be answered', async () => {
  const dataDir = freshPath();
  const host = await startTestHost({ assemblyDir, dataDir });
  await host.sfn.send(new CreateActivityCommand({ name: 'desk' }));
  await host.sfn.send(new StartExecutionCommand({ stateMachineArn, name: 'asked' }));
  const { taskToken } = await host.sfn.send(new GetActivityTaskCommand({ activityArn }));

  const acknowledged: string[] = [];
  const load = { isOver: false };
  const writing = keepWriting(host, acknowledged, load);
  await until(() => Promise.resolve(acknowledged.length >= 20 ? true : undefined));
  const before = [...acknowledged];
  const backup = freshPath();
  const { files } = await backUpDataFolder(dataDir, backup);
  assert.deepEqual(
    Object.keys(files).filter((name) => name.endsWith('.sqlite')),
    ['executions.sqlite', 'messages.sqlite', 's3.sqlite'],
  );
  await until(() => Promise.resolve(acknowledged.length > before.length + 5 ? true : undefined));
  load.isOver = true;
  await writing;
  await host.close();

  const restored = freshPath();
  restore(backup, restored);
  assert.deepEqual(examineData(restored).findings, []);
  const again = await startTestHost({ assemblyDir, dataDir: restored });
  const { objects, executions } = await names(again);
  const pairs = executions.filter((name) => name.startsWith('pair-'));
  for (const name of before) assert.ok(pairs.includes(name), `${name} was acknowledged before`);
  // An object is written before its execution is started; so at one moment there is the same of both, or one object more.
  assert.deepEqual(pairs, objects.slice(0, pairs.length));
  assert.ok(objects.length - pairs.length <= 1, `${objects.length} objects, ${pairs.length} executions`);
  assert.ok(pairs.length < acknowledged.length, 'what came after the backup is not in it');

  await again.sfn.send(new SendTaskSuccessCommand({ taskToken, output: '"yes"' }));
  const executionArn = stateMachineArn.replace(':stateMachine:', ':execution:').concat(':asked');
  const { output } = await again.sfn.send(new DescribeExecutionCommand({ executionArn }));
  assert.equal(output, '"yes"');
  await again.close();
});

test('a data folder that nobody has is backed up as well, and neither backup nor restore writes over anything', async () => {
  const dataDir = freshPath();
  const host = await startTestHost({ assemblyDir, dataDir });
  await host.close();
  const backup = freshPath();
  await backUpDataFolder(dataDir, backup);
  const held = readdirSync(backup).sort();
  const { message } = await refusalOf(() => backUpDataFolder(dataDir, backup));
  assert.match(message, /is there already, and not empty/);
  assert.match((await refusalOf(() => restore(backup, dataDir))).message, /is there already, and not empty/);
  assert.match((await refusalOf(() => restore(dataDir, freshPath()))).message, /is no backup/);
  assert.match((await refusalOf(() => backUpDataFolder(backup, freshPath()))).message, /is no data folder/);
  for (const within of [dataDir, join(dataDir, 'monday')])
    assert.match((await refusalOf(() => backUpDataFolder(dataDir, within))).message, /is in the data folder itself/);
  await backUpDataFolder(dataDir, `${dataDir}-monday`);
  assert.deepEqual(readdirSync(backup).sort(), held);
});

test('a backup that is damaged, or names files elsewhere, is not restored', async () => {
  const dataDir = freshPath();
  const host = await startTestHost({ assemblyDir, dataDir });
  await host.close();
  const backup = freshPath();
  await backUpDataFolder(dataDir, backup);
  const target = freshPath();

  const file = join(backup, 'data', 'executions.sqlite');
  const whole = readFileSync(file);
  const flipped = Buffer.from(whole);
  flipped[whole.length >> 1] = (flipped[whole.length >> 1] ?? 0) ^ 1;
  for (const bytes of [flipped, whole.subarray(0, -1), Buffer.alloc(0)]) {
    writeFileSync(file, bytes);
    assert.match(
      (await refusalOf(() => restore(backup, target))).message,
      /executions\.sqlite is not what was backed up/,
    );
  }
  writeFileSync(file, whole);
  const manifest = join(backup, 'backup.json');
  const written = readFileSync(manifest, 'utf8');
  for (const place of ['../evil', '/etc/evil', 'a/../../evil', '..']) {
    writeFileSync(manifest, written.replace('"executions.sqlite"', JSON.stringify(place)));
    assert.match((await refusalOf(() => restore(backup, target))).message, /backup\.json cannot be read/);
  }
  assert.equal(existsSync(target), false);
  writeFileSync(manifest, written);
  restore(backup, target);
  assert.deepEqual(examineData(target).findings, []);
});

test('what looks like the leftover of a restore is removed only if its process has ended', () => {
  const target = freshPath();
  const ended = spawnSync(process.execPath, ['-e', '']).pid;
  const others = [
    // The parent of this process lives, and may be filling it.
    `${target}.unfinished-${process.ppid}`,
    `${target}.unfinished-${ended}x`,
    `${target}.unfinished-0`,
    `${target}-other.unfinished-${ended}`,
  ];
  for (const path of [...others, `${target}.unfinished-${ended}`]) mkdirSync(join(path, 'data'), { recursive: true });
  assert.deepEqual(removeUnfinished(target), [`${target}.unfinished-${ended}`]);
  writeFileSync(`${target}.unfinished-${ended}`, 'a file');
  symlinkSync(dirname(target), `${target}.unfinished-${ended + 1}`);
  assert.deepEqual(removeUnfinished(target), [], 'no backup makes a file or a link');
  for (const path of others) assert.ok(existsSync(path), path);
});

/** Restores in a process that ends at its nth write to the disk, as if it was killed there. @returns whether it came to it */
async function isCutOffAt(write: number, backup: string, target: string): Promise<boolean> {
  const module = JSON.stringify(join(import.meta.dirname, '../src/backup/restore.ts'));
  const script = `
    import fs from 'node:fs';
    import { syncBuiltinESMExports } from 'node:module';
    let left = ${write};
    for (const name of ['copyFileSync', 'fsyncSync', 'renameSync']) {
      const perform = fs[name];
      fs[name] = (...given) => (--left === 0 ? process.kill(process.pid, 'SIGKILL') : perform(...given));
    }
    syncBuiltinESMExports();
    const { restore } = await import(${module});
    restore(${JSON.stringify(backup)}, ${JSON.stringify(target)});`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'inherit' });
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  assert.ok(code === 0 || signal === 'SIGKILL');
  return signal === 'SIGKILL';
}

test('killed at any moment, a restore leaves the whole data folder or none', { timeout: 240_000 }, async () => {
  const dataDir = freshPath();
  const host = await startTestHost({ assemblyDir, dataDir });
  await host.close();
  const backup = freshPath();
  const { files } = await backUpDataFolder(dataDir, backup);
  // Of each file a copy and a sync, then the folder's, its name, and the sync of that.
  const last = 2 * Object.keys(files).length + 3;
  for (const [write, isThere] of [
    [1, false],
    [4, false],
    [last - 1, false],
    [last, true],
  ] as const) {
    const target = freshPath();
    assert.ok(await isCutOffAt(write, backup, target), `there is a write ${write}`);
    assert.equal(existsSync(target), isThere, `cut off at write ${write}`);
    if (!isThere) {
      const left = unfinishedFolders(target);
      assert.deepEqual(
        left.map(({ isAlive }) => isAlive),
        [false],
      );
      assert.deepEqual(restore(backup, target).removed, [left[0]?.path]);
    }
    assert.deepEqual(readdirSync(dirname(target)), [basename(target)], 'nothing else is left');
    assert.deepEqual(examineData(target).findings, []);
  }
  assert.equal(await isCutOffAt(last + 1, backup, freshPath()), false, 'it has no further write');
});
