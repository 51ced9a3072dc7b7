import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { SFN } from '@aws-sdk/client-sfn';
import { parseJourney } from '../src/journey-text.ts';
import { runCli } from './run-cli.ts';
import { type RunningCommand, startCommand } from './running-command.ts';

const folder = mkdtempSync(join(tmpdir(), 'countersign-time-'));
after(() => rmSync(folder, { recursive: true }));

const DAY_MS = 86_400_000;

/** An app with one state machine, which waits three days. */
function patientAssembly(): string {
  const assembly = join(folder, 'patient.out');
  mkdirSync(assembly, { recursive: true });
  const States = { Rest: { Type: 'Wait', Seconds: 259_200, End: true } };
  const Properties = {
    StateMachineName: 'Patience',
    DefinitionString: JSON.stringify({ StartAt: 'Rest', States }),
    RoleArn: 'arn:aws:iam::000000000000:role/patience',
  };
  const template = { Resources: { Patience: { Type: 'AWS::StepFunctions::StateMachine', Properties } } };
  const stack = {
    type: 'aws:cloudformation:stack',
    environment: 'aws://unknown-account/unknown-region',
    properties: { templateFile: 'Patience.template.json' },
  };
  writeFileSync(join(assembly, 'manifest.json'), JSON.stringify({ version: '36.0.0', artifacts: { Patience: stack } }));
  writeFileSync(join(assembly, 'Patience.template.json'), JSON.stringify(template));
  return assembly;
}

const start = (name: string, ...more: string[]): Promise<RunningCommand> =>
  startCommand([
    'start',
    '--assembly',
    patientAssembly(),
    '--data',
    join(folder, name),
    '--port',
    '0',
    '--aws-port',
    '0',
    ...more,
  ]);

async function wait(endpoint: string): Promise<void> {
  const credentials = { accessKeyId: 'x', secretAccessKey: 'x' };
  const aws = new SFN({ endpoint, region: 'us-east-1', credentials });
  const { stateMachines } = await aws.listStateMachines({});
  await aws.startExecution({ stateMachineArn: stateMachines?.[0]?.stateMachineArn, name: 'patient-1' });
  aws.destroy();
}

describe('countersign time', () => {
  test('shows what is due, moves there, and a restart is still there', { timeout: 60_000 }, async () => {
    const ran = await start('ran', '--time-travel');
    assert.deepEqual(ran.ready['timeTravel'], { offsetSeconds: 0 });
    const endpoint = ['--endpoint', String(ran.ready['awsUrl'])];
    await wait(String(ran.ready['awsUrl']));

    const shown = await runCli(['time', 'show', ...endpoint]);
    assert.equal(shown.code, 0, shown.stderr);
    assert.match(shown.stdout, /^\S+Z, as on this machine\n/);
    assert.match(shown.stdout, /in 2 d 23 h +Wait +Rest +patient-1\n$/);

    const part = await runCli(['time', 'advance', '2d12h', '--json', ...endpoint]);
    const there = JSON.parse(part.stdout);
    assert.deepEqual([there.firedCount, there.fired, there.isThere, part.stderr], [0, [], true, '']);

    const to = new Date(Date.now() + 4 * DAY_MS).toISOString();
    const advanced = await runCli(['time', 'advance', '--to', to, ...endpoint]);
    assert.equal(advanced.code, 0, advanced.stderr);
    assert.match(advanced.stdout, /ahead of this machine\n\nDUE/);
    assert.match(advanced.stdout, / Wait +Rest +patient-1\n$/);
    assert.match(advanced.stderr, /→ 1 due on the way/);

    const back = await runCli(['time', 'advance', '--to', '2026-01-01T00:00:00Z', ...endpoint]);
    assert.deepEqual([back.code, /Time does not go back/.test(back.stderr)], [2, true]);
    assert.equal(await ran.stop('SIGTERM'), 0);

    await using again = await start('ran', '--time-travel');
    const { offsetSeconds } = again.ready['timeTravel'] as { offsetSeconds: number };
    assert.ok(Math.abs(offsetSeconds - 4 * 86_400) < 60, String(offsetSeconds));
  });

  test('says so where time does not travel, and where nobody is', async () => {
    await using app = await start('still');
    assert.equal(app.ready['timeTravel'], undefined);
    for (const args of [['show'], ['advance', '3d']]) {
      const { code, stderr } = await runCli(['time', ...args, '--endpoint', String(app.ready['awsUrl'])]);
      assert.equal(code, 1);
      assert.match(stderr, /Time does not travel at .*\n.*start --time-travel/s);
    }
    const nobody = await runCli(['time', 'show', '--endpoint', 'http://127.0.0.1:1']);
    assert.deepEqual([nobody.code, /Nobody answers/.test(nobody.stderr)], [1, true]);
  });

  test('goes on where the host has answered before it was there', async (t) => {
    const asked: unknown[] = [];
    const server = createServer((request, response) => {
      request.setEncoding('utf8').on('data', (body: string) => asked.push(JSON.parse(body)));
      request.on('end', () => {
        const [from, half, to] = ['2026-01-01T00:00:00.000Z', '2026-01-02T00:00:00.000Z', '2026-01-03T00:00:00.000Z'];
        const isThere = asked.length > 1;
        const fired = [{ dueAt: half, kind: 'Wait' }];
        const now = isThere ? to : half;
        response.end(
          JSON.stringify({ from, to, now, offsetSeconds: 1, isThere, firedCount: 1, fired, leftRunning: 0 }),
        );
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => server.close());
    const address = server.address();
    assert.ok(typeof address === 'object' && address !== null);
    const endpoint = `http://127.0.0.1:${address.port}`;
    const { stdout } = await runCli(['time', 'advance', 'P2D', '--json', '--endpoint', endpoint]);
    assert.deepEqual(asked, [{ by: 'P2D' }, { to: '2026-01-03T00:00:00.000Z' }]);
    assert.equal(JSON.parse(stdout).firedCount, 2);
  });

  for (const [args, said] of [
    [['start', '--time-travel', '--host', '0.0.0.0'], 'would let your whole network move the clock on'],
    [['time', 'advance'], 'How far time is to move on is missing'],
    [['time', 'advance', '3d', '--to', '2030-01-01T00:00:00Z'], 'two ways to say one thing'],
    [['time', 'advance', 'soon'], 'as in ISO 8601'],
    [['time', 'advance', '--to', '+3d'], 'An instant has its date, time and offset'],
    [['time', 'advance', '--to', '2030-01-01'], 'An instant'],
  ] as const) {
    test(`${args.join(' ')} is wrong usage`, async () => {
      const { code, stderr } = await runCli(args);
      assert.equal(code, 2);
      assert.ok(stderr.includes(said), stderr);
    });
  }
});

test('a journey is said as people say it, or in ISO 8601', () => {
  const journeys = { '3d': 'P3D', '4h': 'PT4H', '1d12h': 'P1DT12H', '30m': 'PT30M', '2w': 'P2W', '90s': 'PT90S' };
  for (const [text, iso] of Object.entries(journeys)) assert.equal(parseJourney(text), iso);
  for (const iso of ['P1M', 'P3DT4H', 'PT0.5S', 'P1Y']) assert.equal(parseJourney(iso), iso);
  for (const wrong of ['', 'P', 'PT', 'P1DT', '3', 'd', '1h2d', '-3d', '3 d', '1.5d']) {
    assert.throws(() => parseJourney(wrong), /ISO 8601/, wrong);
  }
});
