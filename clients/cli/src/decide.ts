import type { Command } from 'commander';
import { CliError } from './cli-error.ts';
import { type AnswerResult, decideMany } from './decide-many.ts';
import { exitCode } from './exit-code.ts';
import { instantText, listOf, type Order, statusText, textOf } from './order.ts';
import { dataText, knownFacts } from './order-facts.ts';
import { readOrderIds } from './order-ids.ts';
import { askOrdersApi } from './orders-api.ts';
import { idempotencyKey, orderPath, ordersCommand, type OrdersOptions } from './orders-options.ts';
import { outputWidth, print, printJson, say, style } from './output.ts';
import { neededText, progressText } from './pending.ts';
import { printable } from './printable.ts';
import { progressBar } from './progress-bar.ts';
import { serverNowMs } from './server-clock.ts';
import { type Column, table } from './table.ts';

type Decision = 'confirm' | 'reject';

interface DecideOptions extends OrdersOptions {
  comment?: string;
  data?: Order;
  idempotencyKey?: string;
}

/**
 * The two decisions on orders. The first one counts: given again it answers with the same receipt, and a
 * contradicting one is a conflict.
 */
export function decideCommand(decision: Decision, summary: string, examples: readonly string[]): Command {
  return ordersCommand(decision, summary, examples)
    .argument('<id...>', "the orders' ids; - reads them from stdin, one a line")
    .option('--comment <text>', 'a word on why, kept with the decision; at most 2,000 characters')
    .option(
      '--idempotency-key <key>',
      'for one order: who sends the same key again gets the same answer',
      idempotencyKey,
    )
    .action((ids: string[], options: DecideOptions) => decide(ids, decision, options));
}

async function decide(given: readonly string[], decision: Decision, options: DecideOptions): Promise<void> {
  const [id = '', ...others] = given;
  if (others.length === 0 && id !== '-') return decideOne(id, decision, options);
  if (options.idempotencyKey !== undefined) {
    throw new CliError(
      exitCode.usage,
      'An idempotency key is for one order.',
      'Leave it out: many at once can be sent again, too. What was decided stays as it is.',
    );
  }
  await decideAll(await readOrderIds(given), decision, options);
}

async function decideOne(orderId: string, decision: Decision, options: DecideOptions): Promise<void> {
  const show = `\`countersign orders show ${orderId}\``;
  const { idempotencyKey } = options;
  const receipt = await askOrdersApi(
    options.url,
    {
      method: 'POST',
      path: `${orderPath(orderId)}/confirmation`,
      body: answerOf(decision, options),
      ...(idempotencyKey !== undefined && { headers: { 'idempotency-key': idempotencyKey } }),
    },
    {
      400: `\`countersign orders ${decision} --help\` shows how a decision is given, ${show} what this one needs.`,
      404: '`countersign orders list` shows the orders that wait.',
      409: `${show} shows what became of it.`,
      410: `${show} shows when it ended. The order can be submitted again under a new id.`,
    },
  );
  if (options.json) return printJson(receipt);
  const nowMs = serverNowMs();
  print(
    knownFacts([
      ['Order', textOf(receipt, 'id') ?? ''],
      ['Decision', textOf(receipt, 'decision') ?? ''],
      ['Comment', textOf(receipt, 'comment') ?? ''],
      ['Data', dataText(receipt)],
      ['By', listOf(receipt, 'decidedBy').join(', ')],
      ['Decided', textOf(receipt, 'decidedAt') ?? ''],
      ['Undo until', instantText(receipt, 'effectiveAt', nowMs)],
      ['Needs', neededText(receipt)],
      ['Receipt', textOf(receipt, 'receipt') ?? ''],
      ['Status', statusText(textOf(receipt, 'status') ?? '')],
    ]),
  );
  if (isEarly(receipt)) say('The order does not wait yet. This is kept, and counts as soon as it does.');
  if (textOf(receipt, 'effectiveAt') !== undefined) say(`→ countersign orders undo ${printable(orderId)}`);
}

async function decideAll(ids: readonly string[], decision: Decision, options: DecideOptions): Promise<void> {
  const answers = ids.map((id) => ({ id, ...answerOf(decision, options) }));
  const results: AnswerResult[] = [];
  try {
    using bar = progressBar(ids.length);
    for await (const some of decideMany(options.url, answers)) {
      results.push(...some);
      bar.advance(some.length);
    }
  } finally {
    // If a request fails, those before it have not.
    if (results.length > 0 || ids.length === 0) report(results, options);
  }
  const failed = ids.length - results.filter(isDone).length;
  if (failed === 0) return;
  throw new CliError(
    exitCode.failure,
    `${failed} of ${ids.length} ${ids.length === 1 ? 'order' : 'orders'} could not be ${PARTICIPLES[decision]}.`,
    '`countersign orders show ID` shows where one stands. The same command again is safe: what was decided stays.',
  );
}

const PARTICIPLES = { confirm: 'confirmed', reject: 'rejected' } as const;

function report(results: readonly AnswerResult[], options: DecideOptions): void {
  if (options.json) return printJson({ results });
  if (results.length === 0) return say('No ids were given, so there was nothing to do.');
  print(table(columns(serverNowMs()), results, outputWidth(), (heading) => style('bold', heading)));
}

function columns(nowMs: number): Column<AnswerResult>[] {
  return [
    { heading: 'ORDER', value: ({ id }) => id },
    {
      heading: 'RESULT',
      value: (result) => (isDone(result) ? (textOf(result.body, 'status') ?? '') : `failed (${result.status})`),
    },
    { heading: 'CONFIRMED', value: ({ body }) => progressText(body) },
    { heading: 'BY', value: ({ body }) => listOf(body, 'decidedBy').join(', '), shrinks: true },
    { heading: 'ABOUT', value: (result) => about(result, nowMs), shrinks: true },
  ];
}

function about(result: AnswerResult, nowMs: number): string {
  const { body } = result;
  if (!isDone(result)) return textOf(body, 'detail') ?? textOf(body, 'title') ?? '';
  if (textOf(body, 'effectiveAt') !== undefined)
    return `can be undone until ${instantText(body, 'effectiveAt', nowMs)}`;
  return isEarly(body) ? 'kept: it counts as soon as the order waits' : '';
}

function isDone({ status }: AnswerResult): boolean {
  return status < 400;
}

/** The order does not wait yet, so nobody can tell how many it takes. */
function isEarly(receipt: Order): boolean {
  return textOf(receipt, 'status') === 'AWAITING_CONFIRMATION' && receipt['confirmations'] === undefined;
}

function answerOf(decision: Decision, { comment, data }: DecideOptions) {
  return { decision, ...(comment !== undefined && { comment }), ...(data !== undefined && { data }) };
}
