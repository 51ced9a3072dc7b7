import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { listTasks } from '../ask-tasks.ts';
import { nameOfArn } from '../execution-target.ts';
import { stateMachines, standardStateMachines } from '../find-execution.ts';
import { isLoopback } from '../loopback.ts';
import { textOf } from '../order.ts';
import { askPendingOrders, ordersOf } from '../pending-orders.ts';
import { DEFAULT_API_URL } from '../sign-in-options.ts';
import { endpointUrl, isOnThisMachine, stepFunctions, type StepFunctionsOptions } from '../step-functions-options.ts';
import type { Look, Offer } from './offers.ts';

/** What has names that only a server or a file knows. */
export const NAMED_THINGS = ['order', 'machine', 'execution', 'task', 'profile'] as const;
export type NamedThing = (typeof NAMED_THINGS)[number];

/** Whoever presses Tab waits for it. */
const PATIENCE_MS = 1_500;
const MANY = 50;

/**
 * Finds names on this machine: only there is it quick, and free. Where nobody answers in time, or refuses, there are none.
 */
export const lookAround: Look = async (thing, given) => {
  const found = FINDERS[thing](given).catch(() => []);
  return Promise.race([found, sleep(PATIENCE_MS, [], { ref: false })]);
};

type Finder = (given: Readonly<Record<string, string>>) => Promise<Offer[]>;

const FINDERS: Readonly<Record<NamedThing, Finder>> = {
  order: orders,
  machine: machines,
  execution: executions,
  task: tasks,
  profile: async () => profiles(),
};

async function orders({ url }: Readonly<Record<string, string>>): Promise<Offer[]> {
  const api = url ?? (process.env['COUNTERSIGN_URL'] || DEFAULT_API_URL);
  if (!isLoopback(new URL(api).hostname)) return [];
  const page = await askPendingOrders(api, { status: 'AWAITING_CONFIRMATION', limit: MANY });
  return ordersOf(page).map((order) => ({
    value: textOf(order, 'orderId') ?? '',
    about: textOf(order, 'orderDetails') ?? '',
  }));
}

async function machines(given: StepFunctionsOptions): Promise<Offer[]> {
  if (!isQuicklyAsked(given)) return [];
  const client = await stepFunctions(given);
  const all = await stateMachines(client);
  return all.map(({ name = '', type = '' }) => ({ value: name, about: type }));
}

async function executions(given: StepFunctionsOptions): Promise<Offer[]> {
  if (!isQuicklyAsked(given)) return [];
  const client = await stepFunctions(given);
  const offers: Offer[] = [];
  for (const { stateMachineArn } of await standardStateMachines(client)) {
    const page = await client.listExecutions({ stateMachineArn, maxResults: MANY });
    offers.push(...(page.executions ?? []).map(({ name = '', status = '' }) => ({ value: name, about: status })));
  }
  return offers;
}

async function tasks(given: StepFunctionsOptions): Promise<Offer[]> {
  const url = endpointUrl(given);
  if (url === undefined || !isOnThisMachine(given)) return [];
  const page = await listTasks(url, {});
  return page.tasks.map(({ taskId, stateName, executionArn }) => ({
    value: taskId,
    about: `${stateName} of ${nameOfArn(executionArn)}`,
  }));
}

/** A profile may have to sign in elsewhere, or start a program, before anything is asked here. */
function isQuicklyAsked(given: StepFunctionsOptions): boolean {
  return given.profile === undefined && isOnThisMachine(given);
}

/** @see AWS CLI User Guide, "Configuration and credential file settings" */
function profiles(): Offer[] {
  const file = process.env['AWS_CONFIG_FILE'] || join(homedir(), '.aws', 'config');
  const sections = readFileSync(file, 'utf8').matchAll(/^\[(?:profile\s+([^\]\s]+)|(default))\]/gm);
  return Array.from(sections, ([, profile, usual = '']) => ({ value: profile ?? usual, about: 'profile' }));
}
