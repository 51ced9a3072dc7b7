import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { freshPath } from './assembly-files.ts';
import {
  ecs,
  CLUSTER,
  FARGATE,
  idOf,
  jobIn,
  runTask,
  submit,
  taskIn,
  writeContainerApp,
  written,
} from './container-fixture.ts';
import { refusalOf } from './refusal.ts';
import { startTestHost } from './test-host.ts';

/**
 * Stands in for the client of Docker, and writes down how it was called. `run` begins no container: it ends with the code
 * that the command says, or when it is stopped.
 */
const DOCKER = `#!${process.execPath}
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
const folder = import.meta.dirname;
const words = process.argv.slice(2);
appendFileSync(join(folder, 'calls'), JSON.stringify(words) + '\\n');
const fails = existsSync(join(folder, 'fails')) ? readFileSync(join(folder, 'fails'), 'utf8') : '';
if (words[0] === fails) {
  console.error('first line\\nthe daemon says no.');
  process.exit(1);
}
if (words[0] === 'version') console.log('29.0.0');
if (words[0] === 'ps') console.log('left-behind');
if (words[0] === 'inspect') console.log(words.at(-1).endsWith('-big') ? 'true' : 'false');
if (words[0] === 'stop' && existsSync(join(folder, 'unmade'))) {
  rmSync(join(folder, 'unmade'));
  console.error('No such container');
  process.exit(1);
}
if (words[0] === 'stop') writeFileSync(join(folder, words.at(-1)), '');
if (words[0] === 'run') {
  console.log('SECRET_WORD=' + process.env.SECRET_WORD + ' home=' + process.env.HOME);
  const [task, code] = words.slice(-2);
  if (task === 'exit') process.exit(Number(code));
  const name = words[words.indexOf('--name') + 1];
  setInterval(() => existsSync(join(folder, name)) && process.exit(143), 20);
}
`;

function fakeDocker(fails = ''): { folder: string; calls: () => string[][] } {
  const folder = freshPath();
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  writeFileSync(join(folder, 'docker'), DOCKER);
  chmodSync(join(folder, 'docker'), 0o755);
  if (fails !== '') writeFileSync(join(folder, 'fails'), fails);
  const calls = () =>
    readFileSync(join(folder, 'calls'), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as string[]);
  process.env['PATH'] = folder;
  return { folder, calls };
}

test('with Docker, images are built and containers run by its client', async () => {
  const { folder, calls } = fakeDocker();
  const assemblyDir = writeContainerApp({ dockerfile: 'FROM busybox\nRUN make\nCMD exit 0' });
  const host = await startTestHost({ assemblyDir, docker: true });
  const image = 'countersign.local/image:image-tag';
  const [version, ps, rm, build] = calls();
  assert.deepEqual([version?.[0], ps?.[0], rm], ['version', 'ps', ['rm', '--force', 'left-behind']]);
  const context = join(assemblyDir, 'image');
  assert.deepEqual(build, ['build', '--quiet', '--tag', image, '--file', join(context, 'Dockerfile'), context]);

  const word = { name: 'SECRET_WORD', value: 'not in a list of processes' };
  const home = { name: 'HOME', value: '/home/of-the-container' };
  const jobId = await submit(host, ['exit', '3'], {
    containerOverrides: { command: ['exit', '3'], environment: [word, home] },
  });
  const job = await jobIn(host, jobId, 'FAILED');
  assert.equal(job.container.exitCode, 3);
  const said = await written(host, jobId, 'SECRET_WORD');
  assert.match(said, /=not in a list of processes home=(?!\/home\/of-the-container)/v);
  const run = calls().find(([action]) => action === 'run') ?? [];
  assert.match(run[2] ?? '', /^countersign-[0-9a-f]{32}-default$/v);
  assert.deepEqual([run[5], run[6], run[7], run[8]], ['--network', 'host', '--memory', '512m']);
  assert.deepEqual(run.slice(-3), [image, 'exit', '3']);
  assert.ok(
    run.includes('SECRET_WORD') && run.includes('AWS_ENDPOINT_URL') && run.includes('HOME=/home/of-the-container'),
  );
  assert.equal(run.join(' ').includes('not in a list'), false);

  const refused = await jobIn(host, await submit(host, ['exit', '127']), 'FAILED');
  assert.deepEqual([refused.statusReason, refused.container.exitCode], ['Task failed to start', undefined]);
  assert.match(refused.container.reason ?? '', /^CannotStartContainerError: SECRET_WORD/v);

  const task = await runTask(host, ['hang', 'on']);
  await written(host, idOf(task), 'SECRET_WORD');
  await ecs(host, 'StopTask', { ...FARGATE, cluster: CLUSTER, task });
  assert.equal((await taskIn(host, task, 'STOPPED')).containers[0]?.exitCode, 143);
  const stop = calls().find(([action]) => action === 'stop');
  assert.deepEqual(stop, ['stop', '--time', '60', `countersign-${idOf(task)}-main`]);

  // Its image is still being pulled when it is told to stop.
  const pulled = await runTask(host, ['hang', 'on']);
  await written(host, idOf(pulled), 'SECRET_WORD');
  writeFileSync(join(folder, 'unmade'), '');
  await ecs(host, 'StopTask', { ...FARGATE, cluster: CLUSTER, task: pulled });
  assert.equal((await taskIn(host, pulled, 'STOPPED')).containers[0]?.exitCode, 143);
  await host.close();
});

test('without an answer of Docker the host does not start, and says what is missing', async () => {
  const assemblyDir = writeContainerApp();
  const start = () => startTestHost({ assemblyDir, docker: true });
  fakeDocker('version');
  assert.match((await refusalOf(start)).message, /Docker, and it does not answer: the daemon says no\.$/v);
  fakeDocker('build');
  assert.match((await refusalOf(start)).message, /^Docker cannot build the image in ".*": the daemon says no\.$/v);
  process.env['PATH'] = freshPath();
  assert.match((await refusalOf(start)).message, /there is no program "docker" on the PATH\.$/v);
});
