import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { SFN } from '@aws-sdk/client-sfn';
import { textWidth } from '../src/text-width.ts';
import { type Ended, MAIN, runCli } from './run-cli.ts';
import { type RunningCommand, startCommand } from './running-command.ts';
import { Terminal } from './terminal.ts';

// One engine for all of them: the commands as a script has them, by pipes, and as a person has them, in a terminal.

const ORDER = {
  StartAt: 'Prepare',
  States: {
    Prepare: { Type: 'Pass', Next: 'Ask somebody' },
    'Ask somebody': {
      Type: 'Task',
      Resource: 'arn:aws:states:us-east-1:000000000000:activity:answers',
      Next: 'Decide',
    },
    Decide: {
      Type: 'Choice',
      Choices: [{ Variable: '$.approved', BooleanEquals: true, Next: 'Done' }],
      Default: 'Refused',
    },
    Done: { Type: 'Succeed' },
    Refused: { Type: 'Fail', Error: 'Refused', Cause: 'nobody wants it' },
  },
};
const NAME = 'an-order-with-a-rather-long-name-for-a-terminal-of-fifty-columns';

const folder = mkdtempSync(join(tmpdir(), 'countersign-workflows-'));
let engine: RunningCommand;
let sfn: SFN;
let endpoint: string[];
let stateMachineArn: string;

before(async () => {
  engine = await startCommand(['engine', '--port', '0']);
  const url = String(engine.ready['url']);
  endpoint = ['--endpoint', url];
  sfn = new SFN({ endpoint: url, region: 'us-east-1', credentials: { accessKeyId: 'x', secretAccessKey: 'x' } });
  await sfn.createActivity({ name: 'answers' });
  const roleArn = 'arn:aws:iam::000000000000:role/x';
  const created = await sfn.createStateMachine({ name: 'Orders', definition: JSON.stringify(ORDER), roleArn });
  stateMachineArn = created.stateMachineArn ?? '';
});
after(async () => {
  sfn.destroy();
  await engine[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

function countersign(...args: string[]): Promise<Ended> {
  return runCli([...args, ...endpoint]);
}

async function json(...args: string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await countersign(...args, '--json');
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

/** Takes the task as a worker does, which starts its wait. */
async function takeTask(): Promise<string> {
  const { taskToken } = await sfn.getActivityTask({
    activityArn: 'arn:aws:states:us-east-1:000000000000:activity:answers',
  });
  return taskToken ?? assert.fail('there is no task');
}

async function started(name: string): Promise<string> {
  const { executionArn } = await sfn.startExecution({ stateMachineArn, name, input: '{"amount":3}' });
  return executionArn ?? '';
}

test('by pipes an execution is started, shown, answered by its task’s id, and watched to its end', async () => {
  const { executionArn } = await json('executions', 'start', 'Orders', '--name', 'piped-1', '--input', '{"amount":3}');
  const again = await countersign('executions', 'start', 'Orders', '--name', 'piped-1', '--input', '{"amount":4}');
  assert.equal(again.code, 4, again.stderr);
  await takeTask();

  const shown = await json('executions', 'show', 'piped-1');
  assert.deepEqual([shown['executionArn'], shown['status']], [executionArn, 'RUNNING']);
  assert.partialDeepStrictEqual(shown['currentStates'], [{ name: 'Ask somebody' }]);

  const { tasks } = (await json('tasks', 'list', '--execution', 'piped-1')) as { tasks: { taskId: string }[] };
  assert.equal(tasks.length, 1);
  const taskId = tasks[0]?.taskId ?? '';
  assert.equal((await countersign('tasks', 'heartbeat', taskId)).code, 0);
  assert.equal((await countersign('tasks', 'succeed', taskId, '--output', '{"approved":true}')).code, 0);
  const late = await countersign('tasks', 'fail', taskId);
  assert.equal(late.code, 5, late.stderr);

  const watched = await countersign('executions', 'watch', 'piped-1');
  assert.equal(watched.code, 0, watched.stderr);
  assert.match(watched.stdout, /^\S+Z {2}#1 {2}ExecutionStarted\n/);
  assert.match(watched.stdout, /\S+Z {2}#\d+ {2}ExecutionSucceeded\n$/);
  const marked = await countersign('machines', 'graph', '--execution', 'piped-1');
  assert.match(marked.stdout, /│ +✓ Ask somebody +│/);
  assert.doesNotMatch(marked.stdout, /[✓●✗] Refused/);
});

test('a token is read from stdin, and shown nowhere; the outcome of what is watched is an exit code', async () => {
  await started('piped-2');
  const token = await takeTask();
  const failed = await runCli(
    ['tasks', 'succeed', '--token-file', '-', '--output', '{"approved":false}', ...endpoint],
    {
      stdin: `${token}\n`,
    },
  );
  assert.equal(failed.code, 0, failed.stderr);
  assert.ok(!`${failed.stdout}${failed.stderr}`.includes(token));
  const watched = await countersign('executions', 'watch', 'piped-2', '--json');
  assert.equal(watched.code, 6);
  const events: { type: string }[] = watched.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.equal(events.at(-1)?.type, 'ExecutionFailed');
  assert.deepEqual(JSON.parse(watched.stderr), {
    error: 'piped-2 ended as FAILED: Refused.',
    details: ['nobody wants it'],
    nextStep:
      '`countersign executions history piped-2` shows how it came to that; `executions redrive` goes on from there.',
    exitCode: 6,
  });
});

test('in a script nothing asks: stop stops, redrive goes on, and what runs cannot be redriven', async () => {
  const executionArn = await started('piped-3');
  const stopped = await json('executions', 'stop', 'piped-3', '--cause', 'ordered twice');
  assert.deepEqual([stopped['executionArn'], stopped['status']], [executionArn, 'ABORTED']);
  assert.equal((await countersign('executions', 'watch', 'piped-3')).code, 7);
  assert.equal((await countersign('executions', 'redrive', 'piped-3')).code, 0);
  const again = await countersign('executions', 'redrive', 'piped-3');
  assert.equal(again.code, 4, again.stderr);
  assert.equal((await countersign('executions', 'show', 'piped-4')).code, 3);
  await sfn.stopExecution({ executionArn });
});

test('machines are listed and shown, and a definition that is shown is valid', async () => {
  const { stateMachines } = await json('machines', 'list');
  assert.partialDeepStrictEqual(stateMachines, [{ name: 'Orders', stateMachineArn, type: 'STANDARD' }]);
  const { stdout } = await countersign('machines', 'show', 'Orders', '--definition');
  assert.deepEqual(JSON.parse(stdout), ORDER);
  const valid = await runCli(['machines', 'validate', '-'], { stdin: stdout });
  assert.deepEqual([valid.code, valid.stdout, valid.stderr], [0, '', 'stdin is a valid definition.\n']);
});

test('validate tells every fault with its line, without anything that runs', async () => {
  const file = join(folder, 'faulty.asl.json');
  writeFileSync(
    file,
    '{\n  "StartAt": "A",\n  "States": {\n    "A": { "Type": "Pass", "Next": "B" },\n    "C": { "Type": "Wait", "Seconds": -1, "End": true }\n  }\n}\n',
  );
  const { code, stdout, stderr } = await runCli(['machines', 'validate', file]);
  assert.equal(code, 1);
  const lines = stdout.trimEnd().split('\n');
  assert.ok(
    lines.some((line) => line.startsWith(`${file}:4:28 error MISSING_TRANSITION_TARGET: `)),
    stdout,
  );
  assert.ok(
    lines.some((line) => line.startsWith(`${file}:5:28 error SCHEMA_VALIDATION_FAILED: `)),
    stdout,
  );
  assert.match(stderr, /is no valid definition: \d errors\./);
  const asked = await countersign('machines', 'validate', file, '--json');
  assert.equal(asked.code, 1);
  assert.equal(JSON.parse(asked.stdout).result, 'FAIL');
});

test('on a terminal, whoever watches sees states come and go, and Ctrl-C ends only the watching', async () => {
  const executionArn = await started('seen-1');
  const token = await takeTask();
  await using terminal = Terminal.countersign(['executions', 'watch', 'seen-1', ...endpoint]);
  await terminal.shows(/● +Ask somebody +Task/);
  assert.ok(terminal.raw.includes('\u001B[33m'), 'what is under way is yellow');
  terminal.type('\u0003');
  assert.equal(await terminal.ends(), 0, terminal.text);
  assert.equal((await sfn.describeExecution({ executionArn })).status, 'RUNNING');

  await using second = Terminal.countersign(['executions', 'watch', 'seen-1', ...endpoint], { columns: 50, rows: 16 });
  await second.shows(/● +Ask somebody/);
  await sfn.sendTaskSuccess({ taskToken: token, output: '{"approved":true}' });
  await second.shows(/✓ +Done/);
  assert.equal(await second.ends(), 0, second.text);
  assert.ok(second.raw.includes('A\u001B[0J'), 'it is drawn anew in its place');
  assert.ok(!second.text.includes(token));
});

test('on a terminal, stop asks first: no leaves the execution, yes stops it', async () => {
  const executionArn = await started('seen-2');
  await using no = Terminal.countersign(['executions', 'stop', 'seen-2', ...endpoint]);
  await no.shows(/Stop .*seen-2\? \[y\/N\]/s);
  no.type('n\r');
  assert.equal(await no.ends(), 1);
  assert.match(no.text, /Nothing was done/);
  await using interrupted = Terminal.countersign(['executions', 'stop', 'seen-2', ...endpoint]);
  await interrupted.shows(/\[y\/N\]/);
  interrupted.type('\u0003');
  assert.equal(await interrupted.ends(), 1);
  assert.equal((await sfn.describeExecution({ executionArn })).status, 'RUNNING');
  await using yes = Terminal.countersign(['executions', 'stop', 'seen-2', ...endpoint]);
  await yes.shows(/\[y\/N\]/);
  yes.type('y\r');
  assert.equal(await yes.ends(), 0, yes.text);
  assert.equal((await sfn.describeExecution({ executionArn })).status, 'ABORTED');
});

test('on a terminal a token is typed unseen', async () => {
  await started('seen-3');
  const token = await takeTask();
  await using terminal = Terminal.countersign(['tasks', 'fail', '--token-file', '-', '--error', 'Late', ...endpoint]);
  await terminal.shows(/Task token \(not shown\): /);
  terminal.type(`x\u007F${token}\r`);
  assert.equal(await terminal.ends(), 0, terminal.text);
  assert.ok(!terminal.raw.includes(token.slice(0, 20)));
  assert.match(terminal.text, /The task has failed\./);
});

test('whatever is shown fits a terminal of fifty columns, in colours there and without where they are not wanted', async () => {
  const executionArn = await started(NAME);
  for (const args of [
    ['machines', 'graph', '--execution', executionArn],
    ['executions', 'show', executionArn],
    ['doctor', '--data', join(folder, 'data'), '--port', '0', '--aws-port', '0'],
  ]) {
    await using terminal = Terminal.countersign([...args, ...endpoint], { columns: 50 });
    await terminal.ends();
    const lines = terminal.text.split('\n').filter((line) => !line.includes(NAME) && !line.includes('→'));
    if (args[0] === 'machines') for (const line of lines) assert.ok(textWidth(line) <= 50, line);
    assert.ok(terminal.raw.includes('\u001B['), `${args[0]} has colours`);
  }
  await using plain = Terminal.countersign(['machines', 'graph', 'Orders', ...endpoint], { env: { NO_COLOR: '1' } });
  assert.equal(await plain.ends(), 0);
  assert.ok(!plain.raw.includes('\u001B['));
  await sfn.stopExecution({ executionArn });
});

test('Tab completes commands, options and the names of state machines, in a Bash as people have it', async () => {
  const program = join(folder, 'countersign');
  writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`);
  chmodSync(program, 0o755);
  const env = { PATH: `${folder}:${process.env['PATH']}`, PS1: 'ready$ ', AWS_ENDPOINT_URL: endpoint[1] ?? '' };
  await using shell = Terminal.program('bash', ['--norc', '--noprofile', '-i'], { columns: 160, env });
  await shell.shows(/ready\$ /);
  shell.type('source <(countersign completion bash) && echo so""urced\r');
  await shell.shows(/\nsourced\n/);
  shell.type('countersign mach\tgr\tOrd\t--for\tsv\t\r');
  await shell.shows(/countersign machines graph Orders --format svg /);
  await shell.shows(/<\/svg>/);
});
