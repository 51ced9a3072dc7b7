import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { examineExecutionStore } from '../../local/engine/src/index.ts';
import { Chance } from '../simulation/chance.ts';
import { copyOf } from './cut-log.ts';
import { namesIn } from './held.ts';
import { ServerProcess } from './server-process.ts';

const activityArn = 'arn:aws:states:us-east-1:000000000000:activity:desk';
const stateMachineArn = 'arn:aws:states:us-east-1:000000000000:stateMachine:asking';
const definition = JSON.stringify({
  StartAt: 'Ask',
  States: {
    Ask: { Type: 'Task', Resource: activityArn, Parameters: { 'name.$': '$$.Execution.Name' }, Next: 'Rest' },
    Rest: { Type: 'Wait', Seconds: 1, Next: 'Check' },
    Check: { Type: 'Pass', End: true },
  },
});
/** How long a process is under load before it is killed, at most. */
const LIFE_MS_MAX = 400;
const CLIENTS = 6;
const STARTS_PER_LIFE = 5;
const PATIENCE_MS = 60_000;

export interface CrashRun {
  readonly kills: number;
  readonly snapshots: number;
  readonly startsAcknowledged: number;
  readonly answersAcknowledged: number;
  /** Of a snapshot that was taken last; undefined where none was. */
  readonly lastSnapshot: string | undefined;
}

/** What the clients know: each writes here when it has been answered, and never before. */
interface Known {
  readonly started: Set<string>;
  readonly answered: Map<string, string>;
  /** Given to a worker, whose answer may or may not have arrived. */
  readonly tokens: Map<string, string>;
}

/**
 * Kills a server under load so many times, each time at a moment of chance, and checks after each that all is there which was
 * acknowledged. Now and then the data folder is copied while the server stands still, which is what a loss of power would leave,
 * as far as a machine can show it: opened, the copy holds all that was acknowledged until then.
 */
export async function crash(
  folder: string,
  kills: number,
  seed: number,
  onKill: (kill: number, started: number, answered: number) => void = () => {},
): Promise<CrashRun> {
  const chance = new Chance(seed);
  const dataDir = join(folder, 'data');
  const known: Known = { started: new Set(), answered: new Map(), tokens: new Map() };
  let snapshots = 0;
  let lastSnapshot: string | undefined;
  for (let kill = 0; kill < kills; kill++) {
    const server = await ServerProcess.start(dataDir);
    if (kill === 0) await prepare(server);
    await check(server, known, chance);
    const load = Array.from({ length: CLIENTS }, (_, client) => work(server, known, `${kill}-${client}`));
    // Some do not live to see their first answer.
    if (chance.happens(0.8) || kill === kills - 1) await untilMore(known, STARTS_PER_LIFE);
    await sleep(chance.between(0, LIFE_MS_MAX));
    if (chance.happens(0.3) || kill === kills - 1) {
      const until = { started: new Set(known.started), answered: new Map(known.answered) };
      lastSnapshot = server.frozen(() => snapshot(dataDir, folder));
      checkSnapshot(lastSnapshot, until);
      snapshots++;
    }
    await server.kill();
    await Promise.all(load);
    onKill(kill + 1, known.started.size, known.answered.size);
  }
  const server = await ServerProcess.start(dataDir);
  await check(server, known, chance, Infinity);
  await server.kill();
  checkSnapshot(snapshot(dataDir, folder), known);
  return {
    kills,
    snapshots,
    startsAcknowledged: known.started.size,
    answersAcknowledged: known.answered.size,
    lastSnapshot,
  };
}

async function prepare(server: ServerProcess): Promise<void> {
  await server.ask('CreateActivity', { name: 'desk' });
  await server.ask('CreateStateMachine', { name: 'asking', definition, roleArn: 'arn:aws:iam::000000000000:role/r' });
}

async function untilMore({ started }: Known, count: number): Promise<void> {
  const enough = started.size + count;
  const endsAtMs = performance.now() + PATIENCE_MS;
  while (started.size < enough) {
    assert.ok(performance.now() < endsAtMs, 'the server answers');
    await sleep(2);
  }
}

/** Starts executions and answers what they ask, until there is no server any more. */
async function work(server: ServerProcess, { started, answered, tokens }: Known, client: string): Promise<void> {
  try {
    for (let number = 0; ; number++) {
      const name = `e-${client}-${number}`;
      await server.ask('StartExecution', { stateMachineArn, name, input: JSON.stringify({ name }) });
      started.add(name);
      const task = await server.ask('GetActivityTask', { activityArn });
      if (typeof task['taskToken'] !== 'string') continue;
      const asked = (JSON.parse(String(task['input'])) as { name: string }).name;
      tokens.set(asked, task['taskToken']);
      const output = JSON.stringify(`answer of ${client}-${number}`);
      await server.ask('SendTaskSuccess', { taskToken: task['taskToken'], output });
      assert.ok(!answered.has(asked), `${asked} was answered twice`);
      answered.set(asked, output);
    }
  } catch (error) {
    // The server was killed, and what it was asked last nobody knows.
    if (!(error instanceof TypeError)) throw error;
  }
}

/** Of what was acknowledged, all that came last and some of the rest is as it was. */
async function check(
  server: ServerProcess,
  { started, answered, tokens }: Known,
  chance: Chance,
  most = 60,
): Promise<void> {
  const names = [...started];
  const chosen =
    names.length <= most
      ? names
      : [...names.slice(-most / 2), ...Array.from({ length: most / 2 }, () => chance.pick(names))];
  for (const name of chosen) {
    const executionArn = `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;
    const { input } = await server.ask('DescribeExecution', { executionArn });
    assert.equal(input, JSON.stringify({ name }), `${name} was acknowledged, and is as it was given`);
    const answer = answered.get(name);
    if (answer === undefined) continue;
    const { events } = await server.ask('GetExecutionHistory', { executionArn, maxResults: 1_000 });
    const ends = (events as { type: string; activitySucceededEventDetails?: { output: string } }[]).flatMap(
      ({ activitySucceededEventDetails: end }) => (end === undefined ? [] : [end.output]),
    );
    assert.deepEqual(ends, [answer], `${name} was answered once, and that was acknowledged`);
    // Asked again, it says that it is closed.
    const again = server.ask('SendTaskSuccess', { taskToken: tokens.get(name), output: '"again"' });
    await assert.rejects(again, { name: 'TaskTimedOut' });
  }
}

/** The database, its log and the journal as they are at this moment. */
function snapshot(dataDir: string, folder: string): string {
  const copy = join(mkdtempSync(join(folder, 'snapshot-')), 'executions.sqlite');
  return copyOf(join(dataDir, 'executions.sqlite'), copy);
}

function checkSnapshot(file: string, { started, answered }: Pick<Known, 'started' | 'answered'>): void {
  // What looks at it moves its log into it; others will want it as it was.
  const copy = copyOf(file, `${file}.looked-at`);
  assert.deepEqual(examineExecutionStore(copy), []);
  const held = namesIn(copy);
  for (const name of started) assert.ok(held.started.has(name), `${name} was acknowledged, and is not on the disk`);
  for (const name of answered.keys()) assert.ok(held.answered.has(name), `the answer to ${name} is not on the disk`);
}
