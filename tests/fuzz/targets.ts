import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  examineExecutionStore,
  memoryExecutionStore,
  openEngine,
  seededEntropy,
  SteppedClock,
  type Engine,
  type ExecutionStore,
} from '../../local/engine/src/index.ts';
import { openSyncedInTurn } from '../../local/engine/test/around-transactions.ts';
import { ownEvaluator } from '../../local/engine/test/simulated-execution.ts';
import { planStack, createStack } from '../../local/host/src/create-stack.ts';
import { HostError } from '../../local/host/src/index.ts';
import { openS3 } from '../../local/host/src/services/s3.ts';
import { silentLog } from '../../local/host/src/log.ts';
import { parseTemplate } from '../../local/host/src/template.ts';
import type { Chance } from '../simulation/chance.ts';
import { HOSTILE, mutated } from './mutate.ts';
import { connections, orders } from './wire.ts';

/** One thing that strangers feed: tries it once with something drawn by chance. @throws if it does what it must not. */
export type Target = (chance: Chance, folder: string) => Promise<void>;

const WORKFLOWS = join(import.meta.dirname, '../../local/engine/test/workflows');
const PARCELS = join(import.meta.dirname, '../../local/host/test/fixtures/parcels');
const roleArn = 'arn:aws:iam::000000000000:role/r';
const QUIET_TURNS = 6;
const STEPS_MAX = 30;
const COMMITS_MAX = 3_000;

const samples = readdirSync(WORKFLOWS)
  .filter((name) => name.endsWith('.asl.json'))
  .map((name) => JSON.parse(readFileSync(join(WORKFLOWS, name), 'utf8')) as unknown);
const templates = readdirSync(PARCELS)
  .filter((name) => name.endsWith('.template.json'))
  .map((name) => JSON.parse(readFileSync(join(PARCELS, name), 'utf8')) as unknown);

function open(store: ExecutionStore, faults: string[], clock = new SteppedClock()): Engine {
  return openEngine({
    store,
    clock,
    entropy: seededEntropy(1),
    evaluator: ownEvaluator(),
    taskHandler: () => Promise.resolve({ output: { StatusCode: 200, Payload: { ok: true } } }),
    region: 'us-east-1',
    accountId: '000000000000',
    log: (event, fields) => void (event.endsWith('.fault') && faults.push(JSON.stringify(fields))),
  });
}

function assertUnpolluted(): void {
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined, 'Object.prototype is as it was');
}

/** What AWS would have refused is refused by name, and what is accepted runs without a fault of ours. */
const definitions: Target = async (chance) => {
  const definition = mutated(chance.pick(samples), chance);
  const store = memoryExecutionStore();
  const faults: string[] = [];
  const clock = new SteppedClock();
  const engine = open(store, faults, clock);
  try {
    const { stateMachineArn } = await engine.createStateMachine({
      name: 'm',
      definition: JSON.stringify(definition),
      roleArn,
    });
    const input = JSON.stringify(mutated({ items: [1, 'a'], order: { id: 'x', total: 3 }, a: { b: null } }, chance));
    await engine.startExecution({ stateMachineArn, input });
    await runOn(store, clock);
  } catch (error) {
    assert.match(
      (error as Error).name,
      /^(InvalidDefinition|InvalidExecutionInput|ValidationException)$/,
      String(error),
    );
    assert.doesNotMatch((error as Error).message, /\n\s+at /, 'no stack is shown');
  } finally {
    await engine.close();
  }
  assert.deepEqual(faults, [], JSON.stringify(definition).slice(0, 4_000));
  assertUnpolluted();
};

async function runOn(store: ExecutionStore, clock: SteppedClock): Promise<void> {
  for (let step = 0; step < STEPS_MAX && store.commits < COMMITS_MAX; step++) {
    for (let quiet = 0, last = -1; quiet < QUIET_TURNS && store.commits < COMMITS_MAX; last = store.commits) {
      await nextTurn();
      quiet = store.commits === last ? quiet + 1 : 0;
    }
    const wake = clock.nextWakeMs();
    if (wake === null) return;
    clock.advance(Math.max(0, wake - clock.now()));
  }
}

const PIECES = [
  '$',
  '.a',
  '..b',
  '[0]',
  '[-1]',
  '[*]',
  "['x']",
  '[?(@.a > 1)]',
  '[?(@.a == $.b)]',
  '[1:2:3]',
  '(',
  ')',
  '[',
  ']',
  '{%',
  '%}',
  '"',
  "'",
  'States.Format(',
  'States.JsonToString(',
  'States.MathAdd(',
  ',',
  '1',
  '-',
  '$states.input',
  '$map(',
  'function($x){',
  '}',
  '~>',
  '/a+/',
  '&',
  '$$.',
  'Execution',
  '\\',
  '*',
  '**',
  '^',
  '%',
  ':=',
  ';',
  '?',
  ':',
  ' and ',
  'null',
  '\u0000',
  '🙂',
];

/** Expressions that are made of the pieces of expressions. */
const expressions: Target = async (chance) => {
  const text = Array.from({ length: chance.between(1, 14) }, () => chance.pick(PIECES)).join('');
  const jsonata = `{% ${text.replaceAll('%}', '')} %}`;
  const state = chance.pick([
    { Type: 'Pass', InputPath: text, End: true },
    { Type: 'Pass', Parameters: { 'a.$': text }, End: true },
    { Type: 'Pass', ResultPath: text, End: true },
    { Type: 'Pass', OutputPath: text, End: true },
    { Type: 'Choice', Choices: [{ Variable: text, IsPresent: true, Next: 'S' }], Default: 'S' },
    { Type: 'Choice', Choices: [{ Variable: '$.a', StringMatches: text, Next: 'S' }], Default: 'S' },
    { Type: 'Wait', TimestampPath: text, End: true },
    { Type: 'Pass', QueryLanguage: 'JSONata', Output: jsonata, End: true },
    { Type: 'Choice', QueryLanguage: 'JSONata', Choices: [{ Condition: jsonata, Next: 'S' }], Default: 'S' },
    { Type: 'Pass', Assign: { 'v.$': text }, End: true },
  ]);
  const definition = { StartAt: 'X', States: { X: state, S: { Type: 'Succeed' } } };
  await runOnce(JSON.stringify(definition), JSON.stringify({ a: { b: [1, 2] }, x: 'text', b: [{ a: 2 }] }));
};

async function runOnce(definition: string, input: string): Promise<void> {
  const store = memoryExecutionStore();
  const faults: string[] = [];
  const clock = new SteppedClock();
  const engine = open(store, faults, clock);
  try {
    const { stateMachineArn } = await engine.createStateMachine({ name: 'm', definition, roleArn });
    await engine.startExecution({ stateMachineArn, input });
    await runOn(store, clock);
  } catch (error) {
    assert.equal((error as Error).name, 'InvalidDefinition', `${definition}: ${String(error)}`);
  } finally {
    await engine.close();
  }
  assert.deepEqual(faults, [], definition);
  assertUnpolluted();
}

/** A template is run or refused in a sentence; what a resource is given is what the template says. */
const cloudFormation: Target = async (chance) => {
  const template = mutated(chance.pick(templates), chance);
  const environment = { accountId: '000000000000', region: 'us-east-1' };
  try {
    const stack = {
      name: 'App',
      environment,
      assets: new Map(),
      images: new Map(),
      template: parseTemplate(template, 'App'),
    };
    const create = () => ({ ref: 'ref', attributes: { Arn: 'arn:aws:s3:::x' } });
    await createStack(planStack(stack), () => create, new Map());
  } catch (error) {
    assert.ok(
      error instanceof HostError,
      `${String(error instanceof Error ? error.stack : error)}\n${JSON.stringify(template).slice(0, 3_000)}`,
    );
  }
  assertUnpolluted();
};

const METHODS = ['GET', 'PUT', 'POST', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH'];
const KEYS = [
  'a',
  '..',
  '../../../../evil',
  '%2e%2e%2f%2e%2e%2fevil',
  '%00',
  '%',
  '%ff',
  'a//b',
  '.',
  'x'.repeat(1_100),
  '%F0%9F%99%82',
  '__proto__',
  '\\..\\evil',
];
const QUERIES = [
  '',
  '?',
  '?list-type=2',
  '?list-type=2&prefix=..%2f',
  '?versions',
  '?uploads',
  '?delete',
  '?versioning',
  '?tagging',
  '?list-type=2&max-keys=-1',
  '?versionId=x',
  '?lifecycle',
  '?acl',
  '?%',
];
const HEADERS: readonly [string, string][] = [
  ['if-none-match', '*'],
  ['if-match', '"x"'],
  ['range', 'bytes=0-'],
  ['range', 'bytes=9-1'],
  ['content-md5', 'nonsense'],
  ['x-amz-checksum-crc32', 'AAAA'],
  ['x-amz-content-sha256', 'STREAMING-UNSIGNED-PAYLOAD-TRAILER'],
  ['x-amz-copy-source', '/kept/../../etc/passwd'],
  ['x-amz-copy-source', 'kept/a'],
  ['content-encoding', 'gzip'],
  ['x-amz-meta-__proto__', 'x'],
  ['content-type', 'text/html'],
  ['x-amz-decoded-content-length', '-5'],
];

/** Requests to S3: answered, and nothing is anywhere but in its file. */
const s3: Target = async (chance, folder) => {
  const own = mkdtempSync(join(folder, 's3-'));
  const inside = join(own, 'deep', 'down');
  mkdirSync(inside, { recursive: true });
  const failures: unknown[] = [];
  const log = { ...silentLog, error: (event: string, fields?: object) => void failures.push([event, fields]) };
  const service = openS3({ file: join(inside, 's3.sqlite'), region: 'us-east-1', log });
  service.createBucket('kept');
  const { createServer } = await import('node:http');
  const server = createServer((message, response) => service.handle(message, response)).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  try {
    const { port } = server.address() as { port: number };
    for (let count = 0; count < 12; count++) {
      const status = await sendOnce(chance, port);
      assert.ok(status < 500 || status === 501, `${status} ${JSON.stringify(failures)}`);
    }
    assert.deepEqual(failures, []);
  } finally {
    server.closeAllConnections();
    server.close();
    service.close();
  }
  const found = readdirSync(own, { recursive: true }).map(String);
  for (const name of found)
    assert.match(name.replaceAll('\\', '/'), /^deep(\/down(\/s3\.sqlite(-wal|-shm)?)?)?$/, 'a file outside');
  rmSync(own, { recursive: true });
  assertUnpolluted();
};

function sendOnce(chance: Chance, port: number): Promise<number> {
  const method = chance.pick(METHODS);
  const path = `/${chance.pick(['kept', 'kept', 'kept', 'none', '', '%', '..'])}/${chance.pick(KEYS)}${chance.pick(QUERIES)}`;
  const headers = Object.fromEntries([
    ['authorization', 'AWS4-HMAC-SHA256 Credential=any'],
    ...Array.from({ length: chance.between(0, 3) }, () => chance.pick(HEADERS)),
  ]) as Record<string, string>;
  const body = chance.pick([
    '',
    '<Delete><Object><Key>a</Key></Object></Delete>',
    '<!DOCTYPE x [<!ENTITY y "z">]><a>&y;</a>',
    'x'.repeat(3_000),
    '<',
  ]);
  return new Promise((resolve, reject) => {
    const message = httpRequest({ host: '127.0.0.1', port, method, path, headers, agent: false }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode ?? 0));
    });
    message.setTimeout(20_000, () => reject(new Error(`${method} ${path} was not answered`)));
    // A request that is refused while it is sent may be cut off.
    message.once('error', () => resolve(400));
    message.end(body);
  });
}

/** Rows that a disk, or a stranger, has changed: the engine opens or says why not, serves the rest, and nothing hangs. */
const rows: Target = async (chance, folder) => {
  const file = join(mkdtempSync(join(folder, 'rows-')), 'executions.sqlite');
  const definition = JSON.stringify({
    StartAt: 'P',
    States: {
      P: {
        Type: 'Parallel',
        Branches: [{ StartAt: 'W', States: { W: { Type: 'Wait', Seconds: 50, End: true } } }],
        Next: 'T',
      },
      T: { Type: 'Task', Resource: 'arn:aws:lambda:us-east-1:000000000000:function:f', End: true },
    },
  });
  const before = open(openSyncedInTurn(file), []);
  const { stateMachineArn } = await before.createStateMachine({ name: 'm', definition, roleArn });
  for (const name of ['a', 'b', 'c']) await before.startExecution({ stateMachineArn, name, input: '{"x":1}' });
  await before.close();
  damageRow(file, chance);

  const clock = new SteppedClock();
  let engine: Engine;
  let store: ExecutionStore;
  try {
    store = openSyncedInTurn(file);
    engine = open(store, [], clock);
  } catch (error) {
    // It says so and does not start.
    assert.ok(error instanceof Error && error.message.length > 0);
    return;
  }
  await runOn(store, clock);
  for (const name of ['a', 'b', 'c']) {
    const executionArn = `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;
    for (const ask of [
      () => engine.describeExecution(executionArn),
      () => engine.getExecutionHistory({ executionArn }),
    ])
      try {
        ask();
      } catch (error) {
        assert.ok(error instanceof Error);
      }
  }
  try {
    engine.listExecutions({ stateMachineArn });
  } catch (error) {
    assert.ok(error instanceof Error);
  }
  await engine.close();
  examineExecutionStore(file);
  assertUnpolluted();
};

function damageRow(file: string, chance: Chance): void {
  const database = new DatabaseSync(file);
  const tables = ['executions', 'events', 'effects', 'revisions', 'state_machines'];
  const table = chance.pick(tables);
  const columns = database
    .prepare(`PRAGMA table_info(${table})`)
    .all()
    .map(({ name }) => String(name));
  const column = chance.pick(columns);
  const hostile = chance.pick(HOSTILE);
  const value = typeof hostile === 'string' || typeof hostile === 'number' ? hostile : JSON.stringify(hostile);
  try {
    database.prepare(`UPDATE ${table} SET ${column} = ? WHERE rowid = (SELECT min(rowid) FROM ${table})`).run(value);
  } catch {
    // Not every column takes everything, and then there is nothing damaged.
  }
  database.close();
}

export const TARGETS: Readonly<Record<string, Target>> = {
  definitions,
  expressions,
  templates: cloudFormation,
  requests: s3,
  rows,
  orders,
  connections,
};
