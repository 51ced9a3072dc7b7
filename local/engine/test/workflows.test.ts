import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isArray, isObject, type Json, type JsonObject } from '../../asl/src/index.ts';
import { validateStateMachineDefinition, type StateMachineType } from '../src/index.ts';
import {
  commentOf,
  definitionNames,
  definitionText,
  type Run,
  readScript,
  workflowNames,
  WORKFLOWS,
} from './workflow-script.ts';
import { runWorkflow, runWorkflowRestarted, statesOf, type Ended } from './workflow-world.ts';

/** What people build with Step Functions. Each has a sample at least. */
const KINDS = [
  'saga with compensation',
  'human approval',
  'callback with heartbeat',
  'fan-out and fan-in',
  'scatter-gather',
  'polling job',
  'nested workflow',
  'distributed Map',
  'circuit breaker',
  'dynamic parallel with partial failure',
  'retries',
  'JSONata transformation',
  'variables across scopes',
  'mixed query languages',
  'cron-like loop',
  'batch processing',
  'request and response',
  'ETL',
  'order fulfilment',
  'loan application',
  'image pipeline',
  'pagination loop',
  'idempotent write',
  'first of several events',
  'activity worker',
  'Express child',
];

/** What a script may expect, and how it is seen. */
const OBSERVED: Readonly<Record<string, (ended: Ended, expected: Json | undefined) => Json | undefined>> = {
  status: (ended) => described(ended).status,
  output: (ended) => {
    const { output } = described(ended);
    return output === undefined ? undefined : (JSON.parse(output) as Json);
  },
  error: (ended) => described(ended).error,
  cause: (ended) => described(ended).cause,
  elapsedSeconds: (ended) => elapsedSeconds(ended),
  /** For what waits by chance: `[least, most]`. */
  elapsedSecondsWithin: (ended, expected) => {
    const [least, most] = expected as [number, number];
    const seconds = elapsedSeconds(ended);
    return least <= seconds && seconds <= most ? [least, most] : seconds;
  },
  states: ({ engine, executionArn }) => statesOf(engine, executionArn),
  /** Which objects it wrote. */
  written: ({ written }) => Object.keys(written).sort(),
  /** The lines of the objects that hold the results of what succeeded. */
  results: ({ written }) =>
    Object.fromEntries(Object.entries(written).filter(([place]) => place.includes('/SUCCEEDED_'))),
  /** How many items of the first Map Run ended how. */
  items: ({ engine, executionArn }) => {
    const [run] = engine.listMapRuns({ executionArn }).items;
    if (run === undefined) return undefined;
    const { succeeded, failed, aborted } = engine.describeMapRun(run.mapRunArn).itemCounts;
    const { succeeded: executions, total } = engine.describeMapRun(run.mapRunArn).executionCounts;
    return { succeeded, failed, aborted, executions: total, executionsSucceeded: executions };
  },
};

function callsStepFunctions(names: readonly string[]): boolean {
  return names.some((name) => definitionText(name).includes(':aws-sdk:sfn:'));
}

function assertExpected(ended: Ended, { expected }: Run): void {
  const seen = Object.entries(expected).map(([what, value]) => [what, withoutChance(OBSERVED[what]?.(ended, value))]);
  const { status, error, cause } = described(ended);
  // Whoever reads that it failed wants to know why.
  const why = status === expected['status'] ? {} : { error, cause };
  assert.deepEqual({ ...why, ...Object.fromEntries(seen) }, expected);
}

function described({ engine, executionArn }: Ended) {
  return engine.describeExecution(executionArn);
}

function elapsedSeconds(ended: Ended): number {
  const { startDateMs, stopDateMs = NaN } = described(ended);
  return (stopDateMs - startDateMs) / 1000;
}

const entered = new Set<string>();
let restarts = 0;

for (const name of workflowNames()) {
  const { children = [], runs } = readScript(name);
  for (const run of runs) {
    test(`${name}: ${run.title}`, async () => {
      const ended = await runWorkflow(name, children, run);
      for (const state of ended.entered) entered.add(state);
      assertExpected(ended, run);
      await ended.engine.close();
      assert.ok('status' in run.expected && ('output' in run.expected || 'error' in run.expected));
    });
    // Their calls would be refused by an engine that is being closed, and whoever made them would ask the next one in vain: it
    // begins when they have ended.
    if (callsStepFunctions([name, ...children.map((child) => child.name)])) continue;
    test(`${name}: ${run.title}, with another engine after each step`, async () => {
      const ended = await runWorkflowRestarted(name, children, run);
      restarts += ended.restarts;
      assertExpected(ended, run);
      await ended.engine.close();
    });
  }
}

test('there was another engine many times', (context) => {
  context.diagnostic(`${restarts} times`);
  assert.ok(restarts > 200, `only ${restarts} times`);
});

test('the samples come through each of their states', () => {
  const children = workflowNames().flatMap((name) => readScript(name).children ?? []);
  // Express workflows leave no history that could tell.
  const express = new Set(children.filter(({ type }) => type === 'EXPRESS').map(({ name }) => name));
  const defined = definitionNames()
    .filter((name) => !express.has(name))
    .flatMap((name) => stateNames(JSON.parse(definitionText(name)) as Json).map((state) => `${name}/${state}`));
  assert.deepEqual([...entered].sort(), defined.sort());
});

test('each kind of workflow has a sample, and none has a kind that nobody asked for', () => {
  const shown = new Set(workflowNames().flatMap((name) => readScript(name).kinds));
  assert.deepEqual([...shown].sort(), KINDS.toSorted());
});

test('each definition is run, says what it is for, and is accepted without an error', () => {
  const types = new Map<string, StateMachineType>(workflowNames().map((name) => [name, 'STANDARD']));
  for (const { name, type = 'STANDARD' } of workflowNames().flatMap((name) => readScript(name).children ?? []))
    types.set(name, type);
  assert.deepEqual(definitionNames(), [...types.keys()].sort());
  for (const [name, type] of types) {
    const { result, diagnostics } = validateStateMachineDefinition({ definition: definitionText(name), type });
    assert.deepEqual({ name, result, diagnostics }, { name, result: 'OK', diagnostics: [] });
    assert.match(commentOf(name), /^[A-Z].{20,}\.$/, `${name} says what it is for`);
  }
});

test('the list of the samples is complete', () => {
  const sections = KINDS.map((kind) => {
    const names = workflowNames().filter((name) => readScript(name).kinds.includes(kind));
    return [`## ${kind}`, names.map((name) => `- [${name}](${name}.asl.json): ${commentOf(name)}`).join('\n')];
  });
  const listed = readFileSync(join(WORKFLOWS, 'README.md'), 'utf8');
  assert.equal(listed.slice(listed.indexOf('## ')).trim(), sections.flat().join('\n\n'));
});

/** Also those of branches and of iterations, but for Express children: they leave no history either. */
function stateNames(value: Json): string[] {
  if (isArray(value)) return value.flatMap(stateNames);
  if (!isObject(value) || isExpressProcessor(value)) return [];
  const { States: states } = value as { States?: Json };
  const own = states !== undefined && isObject(states) ? Object.keys(states) : [];
  return [...own, ...Object.values(value).flatMap(stateNames)];
}

function isExpressProcessor({ ProcessorConfig: config }: { readonly ProcessorConfig?: Json }): boolean {
  return config !== undefined && isObject(config) && config['ExecutionType'] === 'EXPRESS';
}

/** Ids of chance are what an expectation cannot know. */
function withoutChance(value: Json | undefined): Json | undefined {
  if (typeof value === 'string') return value.replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UUID');
  if (isArray(value)) return value.map((item) => withoutChance(item) ?? null);
  if (!isObject(value)) return value;
  const members = Object.entries(value).map(([member, part]) => [withoutChance(member), withoutChance(part)]);
  return Object.fromEntries(members) as JsonObject;
}
