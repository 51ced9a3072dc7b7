import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { costOf, readPrices, type Uses, walk } from './cost.ts';
import { definitionIn, resourcesOf, type StateText, synthesise } from './synthesised.ts';

const PAGE = readFileSync(join(import.meta.dirname, '../../../docs/cost.md'), 'utf8');
const prices = readPrices(PAGE);
const template = synthesise();
const { States } = definitionIn(template);

/** AWS counts a transition for each state, and its example counts the end as well. */
const transitions = (ways: Parameters<typeof walk>[2]) => walk(States, 'ProcessOrder', ways).length + 1;

/** Where the execution goes when its wait times out. */
const timedOut = (state: StateText | undefined) =>
  state?.Catch?.find(({ ErrorEquals }) => ErrorEquals.includes('States.Timeout'))?.Next ?? '';
const goesTo = (decision: string) =>
  States['ConfirmedOrRejected']?.Choices?.find(({ StringEquals }) => StringEquals === decision)?.Next ?? '';

const CONFIRMED = transitions({ ConfirmedOrRejected: [goesTo('confirm')] });
const EXPIRED = transitions({
  WaitForConfirmation: [timedOut(States['WaitForConfirmation'])],
  ConfirmedOrRejected: [States['ConfirmedOrRejected']?.Default ?? ''],
});
const REMINDED = transitions({
  WaitForConfirmation: [timedOut(States['WaitForConfirmation'])],
  ConfirmedOrRejected: [goesTo('wait'), goesTo('confirm')],
});

const MINUTES_A_MONTH = 30 * 24 * 60;
const GIGABYTES = 0.5;

/** What an order uses whom one person confirms; docs/cost.md says where each number comes from. */
const ORDER: Uses = {
  transition: CONFIRMED,
  'api-request': 4,
  'lambda-request': 7,
  'lambda-gb-second': 7 * 0.2 * GIGABYTES,
  's3-put': 5,
  's3-get': 7,
  event: 2,
  trace: 4,
  'log-gb': 20 / 1_000_000,
};

/** What an order that waits uses in a month: of the reconciler, and of the disk. */
const RUNS = MINUTES_A_MONTH / 5;
const WAITING: Uses = {
  's3-get': RUNS * 3,
  'lambda-gb-second': RUNS * 0.045 * GIGABYTES,
  's3-gb-month': 6 / 1_000_000,
};

/** The same wait as a loop of Wait, Task and Choice that looks every five minutes. */
const POLLING: Uses = {
  transition: RUNS * 3,
  'lambda-request': RUNS,
  'lambda-gb-second': RUNS * 0.05 * GIGABYTES,
  's3-get': RUNS,
};

/** The same order as a Lambda durable function: three steps, a callback, its start and its end. */
const DURABLE_ORDER: Uses = { ...ORDER, transition: 0, 'durable-operation': 6, 'durable-written-gb': 10 / 1_000_000 };
const DURABLE_WAITING: Uses = { 'durable-kept-gb-month': 10 / 1_000_000 };

function says(line: string): void {
  assert.ok(PAGE.includes(`${line}\n`), `docs/cost.md should have this line:\n${line}`);
}

const dollars = (amount: number) => (amount < 0.01 ? `$${amount.toFixed(4)}` : `$${amount.toFixed(2)}`);

test('docs/cost.md says how many transitions an order takes, as the definition has it', () => {
  says(`| confirmed by one person | ${CONFIRMED} | ${dollars(1000 * costOf({ transition: CONFIRMED }, prices))} |`);
  says(`| expired | ${EXPIRED} | ${dollars(1000 * costOf({ transition: EXPIRED }, prices))} |`);
  says(
    `| each reminder on the way | ${REMINDED - CONFIRMED} | ${dollars(1000 * costOf({ transition: REMINDED - CONFIRMED }, prices))} |`,
  );
});

test('docs/cost.md says what a thousand orders cost, and what their waiting costs', () => {
  const line = (name: string, order: Uses | undefined, waiting: Uses) =>
    says(
      `| ${name} | ${order === undefined ? 'as here' : dollars(1000 * costOf(order, prices))} | ${dollars(1000 * costOf(waiting, prices))} |`,
    );
  line('Countersign', ORDER, WAITING);
  line('a Standard workflow that looks every five minutes', undefined, POLLING);
  line('a Lambda durable function', DURABLE_ORDER, DURABLE_WAITING);
});

test('docs/cost.md says what the containers of long tasks cost', () => {
  const fargate = 1000 * costOf({ 'fargate-vcpu-hour': 0.25, 'fargate-gb-hour': 0.5 }, prices);
  const address = 1000 * costOf({ 'public-address-hour': 1 }, prices);
  says(`| Fargate on Arm, and a public address | ${dollars(fargate + address)} |`);
  says(`| with \`spot: true\`, about a third of Fargate's part | ${dollars(fargate / 3 + address)} |`);
});

test('docs/cost.md says what the alarms cost', () => {
  const alarms = resourcesOf(template, 'AWS::CloudWatch::Alarm');
  // One on an expression is priced by the metrics in it.
  const metrics = alarms.reduce((sum, [, { Properties }]) => {
    const { Metrics = [{}] } = Properties as { Metrics?: { Expression?: string }[] };
    return sum + Metrics.filter(({ Expression }) => Expression === undefined).length;
  }, 0);
  says(`| ${alarms.length} alarms on ${metrics} metrics | ${dollars(costOf({ 'alarm-metric': metrics }, prices))} |`);
});

test('docs/cost.md says what it costs to have the console open', () => {
  const list: Uses = {
    'api-request': 1,
    'lambda-request': 1,
    'lambda-gb-second': 0.2 * GIGABYTES,
    's3-put': 1,
    's3-get': 10,
  };
  const hundredHours = (100 * 60 * 60) / 2;
  says(
    `| each 100 hours that somebody has the console open, where \`-c console=true\` | ${dollars(hundredHours * costOf(list, prices))} |`,
  );
});

test('a walk counts what is entered, and again what is entered again', () => {
  const states = { A: { Type: 'Pass', Next: 'B' }, B: { Type: 'Choice' }, C: { Type: 'Pass' } };
  assert.deepEqual(walk(states, 'A', { B: ['A', 'C'] }), ['A', 'B', 'A', 'B', 'C']);
  assert.throws(() => walk(states, 'A', { B: ['D'] }), /there is no state D/);
});
