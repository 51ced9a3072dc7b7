import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { StoreUnavailable } from '../src/execution-store.ts';
import {
  memoryExecutionStore,
  openEngine,
  seededEntropy,
  SteppedClock,
  type Engine,
  type EngineOptions,
  type ExecutionStore,
} from '../src/index.ts';
import { aroundTransactions } from './around-transactions.ts';

const roleArn = 'arn:aws:iam::000000000000:role/r';

function open(options: Partial<EngineOptions> = {}): Engine {
  return openEngine({
    store: memoryExecutionStore(),
    taskHandler: () => new Promise(() => {}),
    clock: new SteppedClock(),
    entropy: seededEntropy(1),
    region: 'us-east-1',
    accountId: '000000000000',
    ...options,
  });
}

/** Ends at once and tells which definition it was. */
function saying(text: string): string {
  return JSON.stringify({ StartAt: 'Say', States: { Say: { Type: 'Pass', Result: text, End: true } } });
}

const waiting = JSON.stringify({
  StartAt: 'Wait',
  States: { Wait: { Type: 'Wait', Seconds: 60, End: true } },
});

/** A state machine with so many versions, each of which says its number. */
async function withVersions(engine: Engine, count: number): Promise<{ machine: string; versions: string[] }> {
  const first = await engine.createStateMachine({ name: 'orders', definition: saying('1'), roleArn, publish: true });
  const versions = [first.stateMachineVersionArn ?? ''];
  for (let number = 2; number <= count; number++) {
    const definition = saying(String(number));
    const updated = await engine.updateStateMachine({
      stateMachineArn: first.stateMachineArn,
      definition,
      publish: true,
    });
    versions.push(updated.stateMachineVersionArn ?? '');
  }
  return { machine: first.stateMachineArn, versions };
}

const route = (stateMachineVersionArn: string | undefined, weight: number) => ({
  stateMachineVersionArn: stateMachineVersionArn ?? '',
  weight,
});

async function outputOf(engine: Engine, stateMachineArn: string): Promise<string | undefined> {
  const { executionArn } = await engine.startExecution({ stateMachineArn });
  return engine.describeExecution(executionArn).output;
}

test('a version runs what was published under its number, whatever the state machine has become', async () => {
  const engine = open();
  const { machine, versions } = await withVersions(engine, 2);
  await engine.updateStateMachine({ stateMachineArn: machine, definition: saying('unpublished') });
  assert.equal(await outputOf(engine, versions[0] ?? ''), '"1"');
  assert.equal(await outputOf(engine, versions[1] ?? ''), '"2"');
  assert.equal(await outputOf(engine, machine), '"unpublished"');
  await engine.close();
});

test('an execution tells the version and the alias that it was started by, in its description and in its history', async () => {
  const engine = open();
  const { machine, versions } = await withVersions(engine, 1);
  const { stateMachineAliasArn } = await engine.createStateMachineAlias({
    name: 'PROD',
    routingConfiguration: [route(versions[0], 100)],
  });
  const startedBy = async (arn: string): Promise<unknown> => {
    const { executionArn } = await engine.startExecution({ stateMachineArn: arn });
    const { stateMachineArn, stateMachineVersionArn: version, ...described } = engine.describeExecution(executionArn);
    assert.equal(stateMachineArn, machine);
    const [started] = JSON.parse(engine.getExecutionHistory({ executionArn }).eventsText) as {
      executionStartedEventDetails: { stateMachineVersionArn?: string; stateMachineAliasArn?: string };
    }[];
    const told = started?.executionStartedEventDetails;
    assert.deepEqual(
      [told?.stateMachineVersionArn, told?.stateMachineAliasArn],
      [version, described.stateMachineAliasArn],
    );
    return [version, described.stateMachineAliasArn];
  };
  assert.deepEqual(await startedBy(machine), [undefined, undefined]);
  assert.deepEqual(await startedBy(versions[0] ?? ''), [versions[0], undefined]);
  assert.deepEqual(await startedBy(stateMachineAliasArn), [versions[0], stateMachineAliasArn]);
  const count = (stateMachineArn: string): number => engine.listExecutions({ stateMachineArn }).items.length;
  assert.deepEqual([machine, versions[0] ?? '', stateMachineAliasArn].map(count), [3, 2, 1]);
  await engine.close();
});

test('a task that starts an execution by an alias and waits for its end learns which version it was', async () => {
  const engine = open();
  const { versions } = await withVersions(engine, 1);
  const { stateMachineAliasArn } = await engine.createStateMachineAlias({
    name: 'PROD',
    routingConfiguration: [route(versions[0], 100)],
  });
  const run = {
    Type: 'Task',
    Resource: 'arn:aws:states:::states:startExecution.sync:2',
    Parameters: { StateMachineArn: stateMachineAliasArn },
    End: true,
  };
  const definition = JSON.stringify({ StartAt: 'Run', States: { Run: run } });
  const { stateMachineArn } = await engine.createStateMachine({ name: 'parent', definition, roleArn });
  const { executionArn } = await engine.startExecution({ stateMachineArn });
  for (let turn = 0; turn < 30; turn++) await nextTurn();
  const output: unknown = JSON.parse(engine.describeExecution(executionArn).output ?? '{}');
  assert.partialDeepStrictEqual(output, {
    Output: '1',
    StateMachineAliasArn: stateMachineAliasArn,
    StateMachineVersionArn: versions[0],
  });
  await engine.close();
});

test('an alias shares its executions between two versions by their weights', async () => {
  const engine = open();
  const { versions } = await withVersions(engine, 2);
  const { stateMachineAliasArn: alias } = await engine.createStateMachineAlias({
    name: 'CANARY',
    routingConfiguration: [route(versions[0], 20), route(versions[1], 80)],
  });
  const countOfSecond = async (starts: number): Promise<number> => {
    const outputs = await Promise.all(Array.from({ length: starts }, () => outputOf(engine, alias)));
    return outputs.filter((output) => output === '"2"').length;
  };
  const shared = await countOfSecond(1000);
  // Four standard deviations of 1,000 draws at 80 of 100.
  assert.ok(Math.abs(shared - 800) < 51, `${shared} of 1,000 went to the version that has a weight of 80`);
  for (const [weight, expected] of [
    [0, 0],
    [100, 50],
  ] as const) {
    const routingConfiguration = [route(versions[1], weight), route(versions[0], 100 - weight)];
    await engine.updateStateMachineAlias({ stateMachineAliasArn: alias, routingConfiguration });
    assert.equal(await countOfSecond(50), expected);
  }
  await engine.close();
});

test('an execution outlives its version and its alias, and still names them', async () => {
  const clock = new SteppedClock();
  const engine = open({ clock });
  const created = await engine.createStateMachine({ name: 'slow', definition: waiting, roleArn, publish: true });
  const { stateMachineArn, stateMachineVersionArn: version = '' } = created;
  const { stateMachineAliasArn: alias } = await engine.createStateMachineAlias({
    name: 'PROD',
    routingConfiguration: [route(version, 100)],
  });
  const { executionArn } = await engine.startExecution({ stateMachineArn: alias });
  await engine.deleteStateMachineAlias(alias);
  await engine.deleteStateMachineVersion(version);
  for (const gone of [alias, version])
    await assert.rejects(engine.startExecution({ stateMachineArn: gone }), { name: 'StateMachineDoesNotExist' });
  await engine.updateStateMachine({ stateMachineArn, definition: saying('later') });
  clock.advance(60_000);
  for (let turn = 0; turn < 10; turn++) await nextTurn();
  const { status, stateMachineAliasArn, stateMachineVersionArn } = engine.describeExecution(executionArn);
  assert.deepEqual([status, stateMachineAliasArn, stateMachineVersionArn], ['SUCCEEDED', alias, version]);
  const again = await engine.publishStateMachineVersion({ stateMachineArn });
  assert.equal(again.stateMachineVersionArn, `${stateMachineArn}:2`);
  await engine.close();
});

test('whoever takes the name of a deleted state machine takes nothing else over', async () => {
  const engine = open();
  const { machine, versions } = await withVersions(engine, 2);
  await engine.createStateMachineAlias({ name: 'PROD', routingConfiguration: [route(versions[0], 100)] });
  await engine.tagResource({ resourceArn: machine, tags: [{ key: 'team', value: 'a' }] });
  await engine.deleteStateMachine(machine);
  assert.throws(() => engine.listTagsForResource(machine), { name: 'ResourceNotFound' });
  await engine.createStateMachine({ name: 'orders', definition: saying('anew'), roleArn });
  assert.deepEqual(engine.listStateMachineVersions({ stateMachineArn: machine }).items, []);
  assert.deepEqual(engine.listStateMachineAliases({ stateMachineArn: machine }).items, []);
  assert.deepEqual(engine.listTagsForResource(machine), []);
  await assert.rejects(engine.startExecution({ stateMachineArn: `${machine}:1` }), {
    name: 'StateMachineDoesNotExist',
  });
  const { stateMachineVersionArn } = await engine.publishStateMachineVersion({ stateMachineArn: machine });
  assert.equal(stateMachineVersionArn, `${machine}:1`);
  await engine.close();
});

test('a state machine that is being deleted starts nothing by any of its names', async () => {
  const engine = open();
  const created = await engine.createStateMachine({ name: 'slow', definition: waiting, roleArn, publish: true });
  const { stateMachineArn, stateMachineVersionArn: version = '' } = created;
  const routingConfiguration = [route(version, 100)];
  const { stateMachineAliasArn: alias } = await engine.createStateMachineAlias({ name: 'PROD', routingConfiguration });
  await engine.startExecution({ stateMachineArn: alias });
  await engine.deleteStateMachine(stateMachineArn);
  const deleting = { name: 'StateMachineDeleting' };
  for (const arn of [stateMachineArn, version, alias])
    await assert.rejects(engine.startExecution({ stateMachineArn: arn }), deleting);
  await assert.rejects(engine.publishStateMachineVersion({ stateMachineArn }), deleting);
  await assert.rejects(engine.createStateMachineAlias({ name: 'NEXT', routingConfiguration }), deleting);
  await assert.rejects(engine.updateStateMachineAlias({ stateMachineAliasArn: alias, description: 'x' }), deleting);
  await engine.close();
});

test('a state machine has at most 1,000 versions and 100 aliases; an update that cannot publish changes nothing', async () => {
  const engine = open();
  const { machine, versions } = await withVersions(engine, 1000);
  const full = { name: 'ServiceQuotaExceededException' };
  const update = { stateMachineArn: machine, definition: saying('one too many'), publish: true };
  await assert.rejects(engine.updateStateMachine(update), full);
  assert.equal(engine.describeStateMachine(machine).definition, saying('1000'));
  await engine.deleteStateMachineVersion(versions[0] ?? '');
  assert.equal((await engine.updateStateMachine(update)).stateMachineVersionArn, `${machine}:1001`);

  const routingConfiguration = [route(`${machine}:1001`, 100)];
  const create = (name: string): Promise<unknown> => engine.createStateMachineAlias({ name, routingConfiguration });
  for (let number = 0; number < 100; number++) await create(`alias-${number}`);
  await assert.rejects(create('alias-100'), full);
  await create('alias-99');
  await engine.close();
});

test('what could not be stored has not happened: no version, no other way to go, no deletion later on', async () => {
  const disk = { full: false };
  const clock = new SteppedClock();
  const engine = open({ store: onDisk(disk), clock });
  const created = await engine.createStateMachine({ name: 'slow', definition: waiting, roleArn, publish: true });
  const { stateMachineArn, stateMachineVersionArn: version = '' } = created;
  const { stateMachineAliasArn: alias } = await engine.createStateMachineAlias({
    name: 'PROD',
    routingConfiguration: [route(version, 100)],
  });
  await engine.startExecution({ stateMachineArn: alias });

  disk.full = true;
  const full = { name: 'ServiceUnavailable' };
  const update = engine.updateStateMachine({ stateMachineArn, definition: saying('2'), publish: true });
  const deletion = engine.deleteStateMachine(stateMachineArn);
  await assert.rejects(update, full);
  await assert.rejects(deletion, full);

  disk.full = false;
  clock.advance(60_000);
  for (let turn = 0; turn < 10; turn++) await nextTurn();
  assert.equal(engine.describeStateMachine(stateMachineArn).status, 'ACTIVE');
  assert.equal(engine.listStateMachineVersions({ stateMachineArn }).items.length, 1);
  const { executionArn } = await engine.startExecution({ stateMachineArn });
  assert.equal(engine.describeStateMachineForExecution(executionArn).definition, waiting);
  await engine.close();
});

/** A store whose transactions come to nothing while the disk is full. */
function onDisk(disk: { full: boolean }): ExecutionStore {
  return aroundTransactions(memoryExecutionStore(), {
    within: () => {
      if (disk.full) throw new StoreUnavailable('database or disk is full');
    },
  });
}
