import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  memoryExecutionStore,
  openEngine,
  seededEntropy,
  SteppedClock,
  type Engine,
  type EngineOptions,
  type ExecutionStore,
} from '../src/index.ts';
import { StoreUnavailable } from '../src/execution-store.ts';
import { aroundTransactions, openSyncedInTurn } from './around-transactions.ts';

const folder = mkdtempSync(join(tmpdir(), 'faults-'));
after(() => rmSync(folder, { recursive: true }));

const where = { region: 'us-east-1', accountId: '000000000000' };
const roleArn = 'arn:aws:iam::000000000000:role/r';

interface Told {
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

function open(
  store: ExecutionStore,
  options: Partial<EngineOptions> = {},
): { engine: Engine; clock: SteppedClock; faults: Told[] } {
  const clock = new SteppedClock();
  const faults: Told[] = [];
  const engine = openEngine({
    store,
    taskHandler: () => Promise.resolve({ output: null }),
    clock,
    entropy: seededEntropy(1),
    log: (event, fields) => void (event === 'engine.fault' && faults.push({ event, fields })),
    ...where,
    ...options,
  });
  return { engine, clock, faults };
}

async function create(engine: Engine, name: string, states: Readonly<Record<string, object>>): Promise<string> {
  const definition = JSON.stringify({ StartAt: Object.keys(states)[0], States: states });
  const { stateMachineArn } = await engine.createStateMachine({ name, definition, roleArn });
  return stateMachineArn;
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await nextTurn();
}

/** Cannot write that this execution's task succeeded. */
function refusingSuccessOf(store: ExecutionStore, executionId: number): ExecutionStore {
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      return (...given: unknown[]): unknown => {
        const [id, , text] = given;
        if (name === 'appendEvents' && id === executionId && String(text).includes('FunctionSucceeded'))
          throw new TypeError('this cannot be written');
        return Reflect.apply(member, target, given);
      };
    },
  });
}

const waiting = { Wait: { Type: 'Wait', Seconds: 60, End: true } };

test('a definition that this release would refuse is shown and runs as it was accepted', async () => {
  const file = join(folder, 'refused.db');
  const first = open(openSyncedInTurn(file));
  const machine = await create(first.engine, 'old', { Rest: { ...waiting.Wait, Comment: 'a' } });
  const { executionArn } = await first.engine.startExecution({ stateMachineArn: machine, name: 'before' });
  await first.engine.close();

  const database = new DatabaseSync(file);
  database.exec(`UPDATE revisions SET definition = replace(definition, '"Comment"', '"Colour"')`);
  database.close();

  const { engine, clock, faults } = open(openSyncedInTurn(file));
  const { definition } = engine.describeStateMachine(machine);
  await assert.rejects(engine.createStateMachine({ name: 'new', definition, roleArn }), { name: 'InvalidDefinition' });
  const { executionArn: another } = await engine.startExecution({ stateMachineArn: machine, name: 'after' });
  clock.advance(60_000);
  await settle();
  for (const arn of [executionArn, another]) assert.equal(engine.describeExecution(arn).status, 'SUCCEEDED');
  assert.equal(engine.describeStateMachineForExecution(executionArn).definition, definition);
  assert.deepEqual(faults, []);
  await engine.close();
});

test('an execution that meets a fault of ours fails with it, and nobody else does', async () => {
  const brokenEvaluator = () => Promise.resolve({} as { values: [] });
  const { engine, clock, faults } = open(memoryExecutionStore(), { evaluator: brokenEvaluator });
  const broken = await create(engine, 'broken', {
    Rest: { Type: 'Wait', Seconds: 60, Next: 'Work out' },
    'Work out': { Type: 'Pass', QueryLanguage: 'JSONata', Output: '{% 1 + 1 %}', End: true },
  });
  const sound = await create(engine, 'sound', waiting);
  const { executionArn } = await engine.startExecution({ stateMachineArn: broken });
  const { executionArn: other } = await engine.startExecution({ stateMachineArn: sound });
  clock.advance(60_000);
  await settle();
  const { status, error, cause = '' } = engine.describeExecution(executionArn);
  assert.deepEqual([status, error], ['FAILED', 'States.Runtime']);
  assert.match(cause, /^The engine met a fault of its own, which is worth a report: /);
  assert.equal(engine.describeExecution(other).status, 'SUCCEEDED');
  assert.equal(faults.length, 1);
  await engine.close();
});

test('a fault outside of the transition ends the execution that met it, and the others of its commit go on', async () => {
  const { engine, faults } = open(refusingSuccessOf(memoryExecutionStore(), 2));
  const machine = await create(engine, 'work', {
    Work: { Type: 'Task', Resource: 'arn:aws:lambda:us-east-1:000000000000:function:work', End: true },
  });
  const started = await Promise.all([1, 2, 3].map(() => engine.startExecution({ stateMachineArn: machine })));
  await settle();
  const ends = started.map(({ executionArn }) => engine.describeExecution(executionArn));
  assert.deepEqual(
    ends.map(({ status, error }) => [status, error]),
    [
      ['SUCCEEDED', undefined],
      ['FAILED', 'States.Runtime'],
      ['SUCCEEDED', undefined],
    ],
  );
  assert.equal(faults.length, 1);
  await engine.close();
});

test('an execution whose input is damaged is listed with all others, keeps no list from them, and is not served', async () => {
  const file = join(folder, 'input.db');
  const first = open(openSyncedInTurn(file));
  const Resource = 'arn:aws:states:::lambda:invoke.waitForTaskToken';
  const Parameters = { FunctionName: 'ask', Payload: { 'token.$': '$$.Task.Token' } };
  const stateMachineArn = await create(first.engine, 'asking', {
    Ask: { Type: 'Task', Resource, Parameters, End: true },
  });
  const arns: string[] = [];
  for (const name of ['damaged', 'well'])
    arns.push((await first.engine.startExecution({ stateMachineArn, name, input: '{"apples":1}' })).executionArn);
  while (first.engine.listWaitingTasks({}).items.length < 2) await nextTurn();
  await first.engine.close();
  const database = new DatabaseSync(file);
  const damage = `UPDATE executions SET input = replace(input, '1', '2') WHERE name = 'damaged'`;
  assert.equal(database.prepare(damage).run().changes, 1);
  database.close();
  const { engine, faults } = open(openSyncedInTurn(file));
  const listed = engine.listExecutions({ stateMachineArn }).items.map(({ executionArn }) => executionArn);
  assert.deepEqual(listed.toSorted(), arns.toSorted());
  assert.equal(engine.findExecutions('damaged').length, 1);
  const [damaged = '', well = ''] = arns;
  assert.throws(() => engine.describeExecution(damaged), /the input of execution 1 is damaged/);
  assert.deepEqual(
    engine.listWaitingTasks({}).items.map(({ executionArn }) => executionArn),
    [well],
  );
  assert.match(String(faults[0]?.fields['fault']), /the input of execution 1 is damaged/);
  await engine.stopExecution({ executionArn: well });
  await engine.close();
});

for (const damage of ["position = '{\"fra'", 'last_event_id = 9e15', 'last_effect_id = -1', "redrive_count = 'x'"])
  test(`an execution whose row is damaged stops nobody else, neither by its timer nor by its token: ${damage}`, () =>
    stopsNobodyElse(damage));

async function stopsNobodyElse(damage: string): Promise<void> {
  const file = join(folder, `damaged-${damage.split(' ', 1).join('')}.db`);
  const tokens = new Map<string, string>();
  const options: Partial<EngineOptions> = {
    taskHandler: ({ parameters, executionArn }) => {
      const { Payload } = parameters as { Payload: { token: string } };
      tokens.set(executionArn, Payload.token);
      return Promise.resolve({ output: null });
    },
  };
  const first = open(openSyncedInTurn(file), options);
  const timed = await create(first.engine, 'timed', waiting);
  const asking = await create(first.engine, 'asking', {
    Ask: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
      Parameters: { FunctionName: 'ask', Payload: { 'token.$': '$$.Task.Token' } },
      TimeoutSeconds: 600,
      End: true,
    },
  });
  const start = async (stateMachineArn: string, name: string): Promise<string> =>
    (await first.engine.startExecution({ stateMachineArn, name })).executionArn;
  const [, wellTimed] = [await start(timed, 'damaged'), await start(timed, 'well')];
  const [damagedAsking, wellAsking] = [await start(asking, 'damaged'), await start(asking, 'well')];
  await settle();
  await first.engine.close();

  const database = new DatabaseSync(file);
  assert.equal(database.prepare(`UPDATE executions SET ${damage} WHERE name = 'damaged'`).run().changes, 2);
  database.close();

  const { engine, clock, faults } = open(openSyncedInTurn(file), options);
  clock.advance(60_000);
  await settle();
  assert.equal(engine.describeExecution(wellTimed).status, 'SUCCEEDED');
  assert.ok(faults.length > 0 && faults.length < 5, `${faults.length} faults are told of`);

  const [refused, accepted] = await Promise.allSettled([
    engine.sendTaskSuccess(tokens.get(damagedAsking) ?? '', '1'),
    engine.sendTaskSuccess(tokens.get(wellAsking) ?? '', '2'),
  ]);
  assert.deepEqual([refused.status, accepted.status], ['rejected', 'fulfilled']);
  assert.equal(engine.describeExecution(wellAsking).output, '2');

  const before = faults.length;
  for (let minute = 0; minute < 50; minute++) {
    clock.advance(60_000);
    await settle();
  }
  assert.ok(faults.length - before < 5, 'it is not asked for again and again');
  await engine.close();
}

test('where no transaction can begin, whoever asked is told, and asks again with success', async () => {
  const store = memoryExecutionStore();
  let isFull = false;
  const filling = aroundTransactions(store, {
    before: () => {
      if (isFull) throw new StoreUnavailable('the disk is full');
    },
  });
  const { engine } = open(filling);
  const machine = await create(engine, 'timed', waiting);
  isFull = true;
  const asked = [1, 2].map((name) => engine.startExecution({ stateMachineArn: machine, name: `e${name}` }));
  for (const answer of asked) await assert.rejects(answer, { name: 'ServiceUnavailable' });
  isFull = false;
  const { executionArn } = await engine.startExecution({ stateMachineArn: machine, name: 'e1' });
  assert.equal(engine.describeExecution(executionArn).status, 'RUNNING');
  await engine.close();
});

test('where what is due cannot be read, that is told, and everything else goes on', async () => {
  const file = join(folder, 'unreadable.db');
  const first = open(openSyncedInTurn(file));
  const machine = await create(first.engine, 'timed', waiting);
  await first.engine.startExecution({ stateMachineArn: machine, name: 'before' });
  await first.engine.close();
  const database = new DatabaseSync(file);
  // Larger than a number of JavaScript's: to read it is an error.
  database.exec('UPDATE effects SET key = 9007199254740992');
  database.close();

  const { engine, clock, faults } = open(openSyncedInTurn(file));
  clock.advance(60_000);
  await settle();
  assert.equal(faults.length, 1);
  const { executionArn } = await engine.startExecution({ stateMachineArn: machine, name: 'after' });
  assert.equal(engine.describeExecution(executionArn).status, 'RUNNING');
  await engine.close();
});
