import { readFileSync } from 'node:fs';
import { text as readAll } from 'node:stream/consumers';
import { type Command, InvalidArgumentError } from 'commander';
import { CliError } from '../cli-error.ts';
import { addTo } from '../command.ts';
import { exitCode } from '../exit-code.ts';
import { isObject, type Order, textOf } from '../order.ts';
import { knownFacts } from '../order-facts.ts';
import { orderPath, ordersCommand, type OrdersOptions } from '../orders-options.ts';
import { askOrdersApi } from '../orders-api.ts';
import { print, printJson, say } from '../output.ts';
import { type Break, entriesOf, findBreak, seqOf } from '../receipt-chain.ts';

interface VerifyOptions extends OrdersOptions {
  receipt?: string[];
}

export function ordersVerify(): Command {
  return ordersCommand(
    'verify',
    'Check that the record of an order was not rewritten, entry by entry, on this machine.',
    [
      'countersign orders verify apples-1',
      'countersign orders verify apples-1 --receipt "$(cat apples-1.receipt)"',
      'countersign orders receipt apples-1 --json | countersign orders verify -',
      'countersign orders verify ./apples-1.json',
    ],
  )
    .argument(
      '<id>',
      "the order's id; or a file with what `orders receipt --json` gave, as ./record.json; - reads stdin",
    )
    .option(
      '--receipt <hash>',
      'a receipt that somebody kept: must be in the record; may be given more than once',
      addReceipt,
    )
    .action(verify);
}

async function verify(idOrFile: string, options: VerifyOptions): Promise<void> {
  const record = await readRecord(idOrFile, options);
  const entries = entriesOf(record);
  if (entries === undefined) throw noRecord(idOrFile);
  const receipts = options.receipt ?? [];
  const broken = findBreak(record, receipts);
  if (options.json) printJson(answerOf(record, entries, broken));
  if (broken !== undefined) throw doesNotHold(broken);
  if (options.json) return;
  const [first, last] = [entries.at(0), entries.at(-1)];
  print(
    knownFacts([
      ['Order', textOf(record, 'id') ?? ''],
      ['Entries', String(entries.length)],
      ['First', isObject(first) ? (textOf(first, 'at') ?? '') : ''],
      ['Last', isObject(last) ? (textOf(last, 'at') ?? '') : ''],
      ['Head', textOf(record, 'head') ?? ''],
      ...receipts.map((receipt): [string, string] => ['Receipt', `${receipt} is entry ${seqOf(record, receipt)}`]),
    ]),
  );
  say('The record holds: no entry was changed, left out or put in between.');
  if (receipts.length === 0) say('Entries missing at its end would show only with --receipt.');
}

function answerOf(record: Order, entries: readonly unknown[], broken: Break | undefined) {
  const [id, head] = [textOf(record, 'id'), textOf(record, 'head')];
  return {
    ...(id !== undefined && { id }),
    holds: broken === undefined,
    entries: entries.length,
    ...(head !== undefined && { head }),
    ...(broken && { broken }),
  };
}

async function readRecord(idOrFile: string, { url }: OrdersOptions): Promise<Order> {
  if (idOrFile === '-') return parseRecord('stdin', await readAll(process.stdin));
  if (isFile(idOrFile)) return parseRecord(idOrFile, readFile(idOrFile));
  const path = `${orderPath(idOrFile)}/receipt`;
  return askOrdersApi(url, { method: 'GET', path }, { 404: 'A file is named with its folder: ./record.json.' });
}

/** An order's id has neither a dot nor a slash. */
function isFile(idOrFile: string): boolean {
  return /[./\\]/.test(idOrFile);
}

function readFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw unreadable(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

function parseRecord(name: string, text: string): Order {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw unreadable(`${name} holds no JSON.`);
  }
  if (isObject(value)) return value;
  throw unreadable(`${name} holds no record: that is a JSON object with "entries" and "head".`);
}

function unreadable(message: string): CliError {
  return new CliError(exitCode.usage, message, '`countersign orders receipt ID --json` gives the record of an order.');
}

function noRecord(idOrFile: string): CliError {
  return new CliError(
    exitCode.failure,
    `${idOrFile === '-' ? 'stdin' : idOrFile} has no entries, so there is nothing to verify.`,
    '`countersign orders receipt ID --json` gives the record of an order.',
  );
}

function doesNotHold({ seq, because }: Break): CliError {
  return new CliError(
    exitCode.failure,
    seq === undefined
      ? `The record does not hold: ${because}.`
      : `The record does not hold from entry ${seq} on: ${because}.`,
    'Keep it as it is (`countersign orders receipt ID --json`), and ask whoever runs the API who can write to its bucket.',
  );
}

function addReceipt(text: string, given?: readonly string[]): string[] {
  if (/^[0-9a-f]{64}$/.test(text)) return addTo(text, given);
  throw new InvalidArgumentError('A receipt is 64 hexadecimal digits, as an accepted answer has them.');
}
