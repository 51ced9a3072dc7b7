import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { GetExecutionHistoryCommand, ListExecutionsCommand, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { freshPath, writeAssembly } from './assembly-files.ts';
import { callsOf, ECHO, echo, settingsOf } from './messaging-fixture.ts';
import { refusalOf } from './refusal.ts';
import { ended, startTestHost, until, type TestHost } from './test-host.ts';

const MACHINES = 'arn:aws:states:us-east-1:000000000000:stateMachine';

const rule = (properties: object) => ({ Type: 'AWS::Events::Rule', Properties: { State: 'ENABLED', ...properties } });
const target = (logicalId: string, more: object = {}) => ({
  Id: 'Target0',
  Arn: { 'Fn::GetAtt': [logicalId, 'Arn'] },
  ...more,
});
const machine = (name: string, definition: object) => ({
  Type: 'AWS::StepFunctions::StateMachine',
  Properties: { StateMachineName: name, RoleArn: 'r', DefinitionString: JSON.stringify(definition) },
});

const RESOURCES = {
  Whole: echo('whole'),
  Part: echo('part'),
  Far: echo('far'),
  Never: echo('never'),
  Shop: { Type: 'AWS::Events::EventBus', Properties: { Name: 'shop' } },
  Book: machine('book', { StartAt: 'Done', States: { Done: { Type: 'Succeed' } } }),
  Teller: machine('teller', {
    StartAt: 'Tell',
    States: {
      Tell: {
        Type: 'Task',
        Resource: 'arn:aws:states:::events:putEvents',
        Parameters: { Entries: [{ Source: 'shop.teller', DetailType: 'told', 'Detail.$': '$' }] },
        End: true,
      },
    },
  }),
  Orders: rule({
    EventPattern: { source: ['shop.orders'], detail: { state: [{ prefix: 'ACC' }], total: [{ numeric: ['>', 10] }] } },
    Targets: [
      target('Whole'),
      target('Part', {
        Id: 'Target1',
        InputTransformer: {
          InputPathsMap: { id: '$.detail.id', total: '$.detail.total' },
          InputTemplate: '{"text": "order <id>", "total": <total>, "rule": "<aws.events.rule-name>"}',
        },
      }),
      { Id: 'Target2', Arn: { 'Fn::GetAtt': ['Book', 'Arn'] }, RoleArn: 'r', InputPath: '$.detail' },
      target('Shop', { Id: 'Target3' }),
    ],
  }),
  OnShop: rule({
    EventBusName: { Ref: 'Shop' },
    EventPattern: { source: ['shop.orders'] },
    Targets: [target('Far')],
  }),
  Told: rule({ EventPattern: { source: ['shop.teller'] }, Targets: [target('Far')] }),
  Off: rule({ State: 'DISABLED', EventPattern: { source: [{ prefix: '' }] }, Targets: [target('Never')] }),
};

const assemblyDir = writeAssembly(RESOURCES, ECHO);

type PutEntry = { Source?: string; DetailType?: string; Detail?: string; EventBusName?: string };

function put(host: Pick<TestHost, 'awsUrl'>, ...entries: PutEntry[]) {
  const events = new EventBridgeClient(settingsOf(host));
  return events.send(new PutEventsCommand({ Entries: entries }));
}

const order = (detail: object) => ({
  Source: 'shop.orders',
  DetailType: 'Order accepted',
  Detail: JSON.stringify(detail),
});

describe('an event', () => {
  test('reaches the targets of each rule that it matches, as each wants it', async () => {
    const host = await startTestHost({ assemblyDir });
    const detail = { id: 'apples-1', state: 'ACCEPTED', total: 12 };
    const { Entries, FailedEntryCount } = await put(
      host,
      order(detail),
      order({ ...detail, total: 9 }),
      order({ ...detail, state: 'REJECTED' }),
    );
    assert.equal(FailedEntryCount, 0);
    const [whole] = await callsOf(host, 'whole', 1);
    const { time, ...event } = whole as { time: string };
    assert.deepEqual(event, {
      version: '0',
      id: Entries?.[0]?.EventId,
      'detail-type': 'Order accepted',
      source: 'shop.orders',
      account: '000000000000',
      region: 'us-east-1',
      resources: [],
      detail,
    });
    assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/v);
    const named = { text: 'order apples-1', total: 12, rule: 'App-Orders' };
    assert.deepEqual(await callsOf(host, 'part', 1), [named]);
    assert.deepEqual(await callsOf(host, 'far', 1), [whole], 'the other bus has its own rules');
    const executions = await until(async () => {
      const { executions: all } = await host.sfn.send(
        new ListExecutionsCommand({ stateMachineArn: `${MACHINES}:book` }),
      );
      return all?.[0];
    });
    const { input } = await ended(host, executions.executionArn ?? '');
    assert.deepEqual(JSON.parse(input ?? ''), detail);
    assert.deepEqual(await callsOf(host, 'never', 0), [], 'a rule that is off does nothing');
    assert.equal((await callsOf(host, 'whole', 1)).length, 1, 'the others did not match');
  });

  test('reaches a bus of this account and region, and none elsewhere that has the same name', async () => {
    const busArn = (place: string) => `arn:aws:events:${place}:event-bus/shop`;
    const Abroad = rule({
      EventPattern: { source: ['shop.orders'] },
      Targets: ['us-east-1:999999999999', 'eu-west-1:000000000000'].map((place) => ({ Id: place, Arn: busArn(place) })),
    });
    const host = await startTestHost({ assemblyDir: writeAssembly({ ...RESOURCES, Abroad }, ECHO) });
    const to = (EventBusName: string, id: string) => ({ ...order({ id }), EventBusName });

    const foreign = put(
      host,
      to(busArn('us-east-1:000000000000'), 'beside'),
      to(busArn('us-east-1:999999999999'), 'x'),
    );
    await assert.rejects(foreign, { name: 'AccessDeniedException', message: /on resource: arn:\S+:999999999999:/v });
    for (const name of ['', 'a bus', 'arn:aws:sns:us-east-1:000000000000:shop', busArn('us-east-1:1')])
      await assert.rejects(put(host, to(name, 'x')), { name: 'ValidationException' }, name);
    const { FailedEntryCount } = await put(host, to(busArn('eu-west-1:000000000000'), 'far away'));
    assert.equal(FailedEntryCount, 0, 'it is taken, and goes nowhere');

    // To the default bus, whose rule passes it on to both of the others, and then to the one that is here.
    await put(host, order({ id: 'passed on' }));
    await until(() => {
      const unknown = host.logged.filter((line) => line.includes('events.bus-unknown'));
      return Promise.resolve(unknown.length >= 3 || undefined);
    });
    await put(host, to(busArn('us-east-1:000000000000'), 'here'));
    const calls = (await callsOf(host, 'far', 1)) as { detail: object }[];
    assert.deepEqual(
      calls.map(({ detail }) => detail),
      [{ id: 'here' }],
    );
  });

  test('can come from a task of a state machine', async () => {
    const host = await startTestHost({ assemblyDir });
    const { executionArn = '' } = await host.sfn.send(
      new StartExecutionCommand({ stateMachineArn: `${MACHINES}:teller`, input: '{"apples":2}' }),
    );
    const { status } = await ended(host, executionArn);
    const { events } = await host.sfn.send(new GetExecutionHistoryCommand({ executionArn }));
    assert.equal(status, 'SUCCEEDED', JSON.stringify(events?.at(-1)));
    const [event] = await callsOf(host, 'far', 1);
    assert.deepEqual((event as { detail: object }).detail, { apples: 2 });
  });

  test('that is none is named, and its neighbours are taken', async () => {
    const host = await startTestHost({ assemblyDir });
    const good = order({ state: 'ACCEPTED', total: 11 });
    const { Entries, FailedEntryCount } = await put(
      host,
      { ...good, Detail: '[1]' },
      { ...good, Source: 'aws.ec2' },
      { Source: 'shop.orders', Detail: '{}' },
      good,
    );
    assert.equal(FailedEntryCount, 3);
    assert.deepEqual(
      Entries?.map(({ ErrorCode }) => ErrorCode),
      ['MalformedDetail', 'NotAuthorizedForSourceException', 'InvalidArgument', undefined],
    );
    assert.equal((await callsOf(host, 'whole', 1)).length, 1);
    const long = { ...good, Detail: JSON.stringify({ text: 'x'.repeat(262_144) }) };
    await assert.rejects(put(host, long), { name: 'ValidationException' });
    const eleven = Array.from({ length: 11 }, () => good);
    await assert.rejects(put(host, ...eleven), { name: 'ValidationException' });
  });

  test('that was accepted is delivered by the next start when nobody could take it before', async () => {
    const dataDir = freshPath();
    const slow = {
      'echo/index.mjs': `export const handler = async () => new Promise((resolve) => setTimeout(resolve, 60_000));`,
    };
    const first = await startTestHost({ assemblyDir: writeAssembly(RESOURCES, slow), dataDir });
    await put(first, order({ id: 'late', state: 'ACCEPTED', total: 11 }));
    await first.close();
    const second = await startTestHost({ assemblyDir, dataDir });
    const [event] = await callsOf(second, 'whole', 1);
    assert.equal((event as { detail: { id: string } }).detail.id, 'late');
  });
});

test('an event that was accepted outlives kill -9', async () => {
  const dataDir = freshPath();
  const never = {
    'echo/index.mjs': 'export const handler = async () => new Promise((resolve) => setTimeout(resolve, 60_000));',
  };
  const module = new URL('test-host.ts', import.meta.url).href;
  const script = `
    const { startTestHost } = await import(${JSON.stringify(module)});
    const host = await startTestHost(${JSON.stringify({ assemblyDir: writeAssembly(RESOURCES, never), dataDir })});
    console.log(host.awsUrl);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  await put({ awsUrl: line.toString().trim() }, order({ id: 'survivor', state: 'ACCEPTED', total: 11 }));
  child.kill('SIGKILL');
  await once(child, 'exit');

  const host = await startTestHost({ assemblyDir, dataDir });
  const [event] = await callsOf(host, 'whole', 1);
  assert.equal((event as { detail: { id: string } }).detail.id, 'survivor');
});

describe('a schedule', () => {
  const clockwork = (expression: string) =>
    writeAssembly(
      {
        Bell: echo('bell'),
        Hourly: rule({ Name: 'bells', ScheduleExpression: expression, Targets: [target('Bell')] }),
      },
      ECHO,
    );

  test('fires each time that it is due, and once for all that it missed while the host was down', async () => {
    const dataDir = freshPath();
    const options = { assemblyDir: clockwork('rate(1 hour)'), dataDir, timeTravel: true };
    const first = await startTestHost(options);
    await advance(first, 'PT2H30M');
    const [event] = await callsOf(first, 'bell', 2);
    const { id, time, ...said } = event as { id: string; time: string };
    assert.deepEqual(said, {
      version: '0',
      'detail-type': 'Scheduled Event',
      source: 'aws.events',
      account: '000000000000',
      region: 'us-east-1',
      resources: ['arn:aws:events:us-east-1:000000000000:rule/bells'],
      detail: {},
    });
    assert.match(`${id} ${time}`, /^[0-9a-f\-]{36} \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/v);
    assert.equal((await callsOf(first, 'bell', 2)).length, 2);
    await first.close();

    writeFileSync(join(dataDir, 'time.json'), JSON.stringify({ offsetMs: 8 * 3_600_000 }));
    const second = await startTestHost(options);
    assert.equal((await callsOf(second, 'bell', 1)).length, 1);
    const { firedCount } = await advance(second, 'PT1H');
    assert.equal(firedCount, 1, 'it goes on as before');
    assert.equal((await callsOf(second, 'bell', 2)).length, 2);
    await second.close();
  });

  test('of every minute does not hold up a month, and goes on at its end', async () => {
    const host = await startTestHost({ assemblyDir: clockwork('rate(1 minute)'), timeTravel: true });
    const { firedCount, isThere } = await advance(host, 'P30D');
    assert.ok(isThere && firedCount >= 99 && firedCount <= 103, `fired ${firedCount} times`);
    const shown = await fetch(`${host.awsUrl}/_countersign/time`);
    const { now, next } = (await shown.json()) as { now: string; next: { dueAt: string }[] };
    const untilNextMs = Date.parse(next[0]?.dueAt ?? '') - Date.parse(now);
    assert.ok(untilNextMs <= 60_000, `goes on after ${untilNextMs} ms`);
    await host.close();
  });
});

async function advance({ awsUrl }: TestHost, by: string): Promise<{ firedCount: number; isThere: boolean }> {
  const response = await fetch(`${awsUrl}/_countersign/time/advance`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ by }),
  });
  const answer = await response.text();
  assert.equal(response.status, 200, answer);
  return JSON.parse(answer);
}

test('a schedule of EventBridge Scheduler goes by its time zone, between its dates, with its input', async () => {
  const schedule = (properties: object) => ({
    Type: 'AWS::Scheduler::Schedule',
    Properties: { FlexibleTimeWindow: { Mode: 'OFF' }, ...properties },
  });
  const assembly = writeAssembly(
    {
      Bell: echo('bell'),
      Book: RESOURCES.Book,
      Group: { Type: 'AWS::Scheduler::ScheduleGroup', Properties: { Name: 'bells' } },
      Noon: schedule({
        GroupName: { Ref: 'Group' },
        ScheduleExpression: 'cron(0 12 * * ? *)',
        ScheduleExpressionTimezone: 'Europe/Berlin',
        Target: {
          Arn: { 'Fn::GetAtt': ['Bell', 'Arn'] },
          RoleArn: 'r',
          Input: '{"at": "<aws.scheduler.scheduled-time>"}',
        },
      }),
      Past: schedule({
        ScheduleExpression: 'rate(1 hour)',
        EndDate: '2020-01-01T00:00:00Z',
        Target: { Arn: { 'Fn::GetAtt': ['Bell', 'Arn'] }, RoleArn: 'r' },
      }),
      Start: schedule({
        ScheduleExpression: 'rate(2 days)',
        Target: {
          Arn: 'arn:aws:scheduler:::aws-sdk:sfn:startExecution',
          RoleArn: 'r',
          Input: { 'Fn::Sub': '{"StateMachineArn": "${Book}", "Input": "{\\"page\\": 1}"}' },
        },
      }),
    },
    ECHO,
  );
  const host = await startTestHost({ assemblyDir: assembly, timeTravel: true });
  await advance(host, 'P3D');
  const calls = await callsOf(host, 'bell', 3);
  assert.equal(calls.length, 3);
  const hours = calls.map((call) => {
    const instant = new Date((call as { at: string }).at);
    return instant.toLocaleTimeString('en-GB', { timeZone: 'Europe/Berlin' });
  });
  assert.deepEqual(hours, ['12:00:00', '12:00:00', '12:00:00']);
  const { executions = [] } = await host.sfn.send(new ListExecutionsCommand({ stateMachineArn: `${MACHINES}:book` }));
  const { input } = await ended(host, executions[0]?.executionArn ?? '');
  assert.deepEqual([executions.length, input], [1, '{"page": 1}']);
  await host.close();
});

describe('what a rule may not say is refused by name', () => {
  const refused = (properties: object) =>
    refusalOf(() =>
      startTestHost({ assemblyDir: writeAssembly({ Bell: echo('bell'), Rule: rule(properties) }, ECHO) }),
    );

  const cases: Record<string, [object, RegExp]> = {
    'neither pattern nor schedule': [{ Targets: [] }, /EventPattern or a ScheduleExpression/v],
    'a rate that is none': [{ ScheduleExpression: 'rate(1 minutes)' }, /ScheduleExpression.*rate/v],
    'a pattern that is none': [{ EventPattern: { source: 'shop' } }, /EventPattern/v],
    'a queue': [
      {
        EventPattern: { source: ['shop'] },
        Targets: [{ Id: 'Q', Arn: 'arn:aws:sqs:us-east-1:000000000000:q' }],
      },
      /functions, state machines, topics, log groups and event buses receive events here/v,
    ],
    'a property nobody knows': [{ ScheduleExpression: 'rate(1 day)', Flavour: 'sweet' }, /"Flavour"/v],
  };
  for (const [name, [properties, said]] of Object.entries(cases)) {
    test(name, async () => assert.match((await refused(properties)).message, said));
  }
});
