import { PutObjectCommand } from '@aws-sdk/client-s3';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answer } from '../src/commands/answer.ts';
import { moveDeadline } from '../src/commands/move-deadline.ts';
import { open } from '../src/commands/open.ts';
import { undo } from '../src/commands/undo.ts';
import { parseDeadlineCheck } from '../src/check-deadline.ts';
import { deliver } from '../src/deliver.ts';
import { Draft } from '../src/draft.ts';
import { messageFor } from '../src/message.ts';
import { decidedNotice } from '../src/notices.ts';
import { stateOf } from '../src/request-state.ts';
import { parseWaitEvent } from '../src/wait.ts';
import { type Client, explore, PROTOCOL, type Protocol, type Scenario } from './explore.ts';
import { ASKED, DAY, HOUR, ID, MINUTE, person, T0 } from './world.ts';

// A proof that nothing can break proves nothing. Each of these is a mistake that one could make, and it is noticed.

const says = (name: string, says: 'confirm' | 'reject'): Client => ({
  name,
  says,
  work: (draft) => answer(draft, { id: ID, answer: { decision: says }, by: person(name) }),
});
const ANNA = says('anna', 'confirm');
const BEN = says('ben', 'reject');
const UNDOES: Client = { name: 'undo', work: (draft) => undo(draft, { id: ID, by: person('anna') }) };
const MOVES: Client = {
  name: 'move',
  work: (draft) => moveDeadline(draft, { id: ID, by: person('olga'), to: new Date(T0 + HOUR).toISOString() }),
};
const CALM = { asked: ASKED, instantsMs: [], crashes: 0, slow: 0 };
const REMINDED = {
  ...ASKED,
  schedule: { deadline: { days: 3 }, reminders: { first: { hours: 1 } } },
  timeoutSeconds: HOUR / 1000,
};
const HELD = { ...ASKED, policy: { ...ASKED.policy, holdSeconds: 300 } };

/** As if the condition had not been sent. */
const unconditional =
  (prefix: string): Protocol['sent'] =>
  (command, s3) => {
    if (!(command instanceof PutObjectCommand) || !command.input.Key?.startsWith(prefix)) return command;
    const { IfMatch: _, ...input } = command.input;
    s3.objects.delete(input.Key ?? '');
    return new PutObjectCommand({ ...input, IfNoneMatch: '*' });
  };

interface Mistake {
  readonly protocol: Partial<Protocol>;
  readonly scenario: Scenario;
  readonly noticed: RegExp;
}

const MISTAKES: Record<string, Mistake> = {
  'the record is written without a condition': {
    protocol: { sent: unconditional('records/') },
    scenario: { ...CALM, before: 1, clients: [ANNA, BEN] },
    noticed: /a receipt stays true|goes by the decision/,
  },
  'the wait is written without a condition': {
    protocol: { sent: unconditional('waits/') },
    scenario: { ...CALM, clients: [ANNA], slow: 1 },
    noticed: /the token that is stored|no token stays/,
  },
  'whoever answers looks for the wait before they write': {
    protocol: {
      carryOut: async (work, confirmations) => {
        const wait = await confirmations.waits.read(ID);
        const appended = await confirmations.records.append(ID, work);
        const { state } = appended;
        if (wait !== undefined) await deliver(appended, wait, 'api', confirmations);
        return state.request === undefined ? {} : { request: state.request };
      },
    },
    scenario: { ...CALM, clients: [ANNA] },
    noticed: /no wait stays open with a decision that holds/,
  },
  'whoever answers believes in the wait that they know, though its token is dead': {
    protocol: {
      carryOut: async (work, confirmations) => {
        const wait = await confirmations.waits.read(ID);
        const known = await confirmations.records.read(ID);
        const appended = await confirmations.records.append(ID, work, known);
        const now = wait ?? (await confirmations.waits.read(ID));
        if (now !== undefined) await deliver(appended, now, 'api', confirmations);
        const { state } = appended;
        return state.request === undefined ? {} : { request: state.request };
      },
    },
    scenario: { ...CALM, clients: [ANNA], slow: 1 },
    noticed: /no wait stays open with a decision that holds/,
  },
  'storeTaskToken looks for an answer before it writes the wait': {
    protocol: {
      store: async (event, confirmations) => {
        const { wait, policy, schedule } = parseWaitEvent(event);
        const { executionArn, executionStartTime, stateEnteredTime } = wait.attempt;
        const asked = { id: ID, run: { executionArn, executionStartTime }, subject: wait.subject, policy };
        const appended = await confirmations.records.append(ID, (draft) =>
          open(draft, asked, schedule, Date.parse(stateEnteredTime)),
        );
        const stored = await confirmations.waits.put(wait);
        if (stored !== undefined) await deliver(appended, stored, 'workflow', confirmations);
      },
    },
    scenario: { ...CALM, clients: [ANNA] },
    noticed: /no wait stays open with a decision that holds/,
  },
  'whoever answers tells the workflow before they write': {
    protocol: {
      carryOut: async (work, confirmations) => {
        const draft = new Draft((await confirmations.records.read(ID)).record, confirmations.now());
        work(draft);
        const { request } = draft.state;
        const wait = await confirmations.waits.read(ID);
        if (wait !== undefined && request?.decided !== undefined) {
          await confirmations.sendTaskSuccess(wait.taskToken, messageFor(request, confirmations.now()));
        }
        const { state } = await confirmations.records.append(ID, work);
        return state.request === undefined ? {} : { request: state.request };
      },
    },
    scenario: { ...CALM, before: 1, clients: [ANNA, BEN] },
    noticed: /the workflow goes by the decision that is written/,
  },
  'people are told before it is written': {
    protocol: {
      carryOut: async (work, confirmations) => {
        const draft = new Draft((await confirmations.records.read(ID)).record, confirmations.now());
        work(draft);
        const { request } = draft.state;
        if (request?.decided !== undefined) await confirmations.notify([decidedNotice(ID, request, undefined)]);
        return await PROTOCOL.carryOut(work, confirmations);
      },
    },
    scenario: { ...CALM, before: 1, clients: [ANNA] },
    noticed: /nobody is told of what is not decided/,
  },
  'the end of a hold is read off the clock, and not written': {
    protocol: {
      check: async (event, confirmations) => {
        const { record, request } = await standing(confirmations);
        const decided = request?.decided;
        if (decided === undefined || Date.parse(decided.effectiveAt) > confirmations.now()) {
          return await PROTOCOL.check(event, confirmations);
        }
        assert.ok(request !== undefined && record.length > 0);
        return messageFor({ ...request, decided: { ...decided, isEffective: true } }, confirmations.now());
      },
    },
    scenario: { ...CALM, asked: HELD, before: 2, clients: [ANNA, UNDOES], instantsMs: [5 * MINUTE] },
    noticed: /the workflow goes by the decision that is written/,
  },
  'the deadline ends a wait without writing that it has': {
    protocol: {
      check: async (event, confirmations) => {
        const { request } = await standing(confirmations);
        if (request?.decided !== undefined) return await PROTOCOL.check(event, confirmations);
        const decidedAt = new Date(confirmations.now()).toISOString();
        return { decision: 'expired', decidedAt, receipt: parseDeadlineCheck(event).id };
      },
    },
    scenario: { ...CALM, before: 1, clients: [ANNA], instantsMs: [3 * DAY] },
    noticed: /the workflow goes by the decision that is written/,
  },
  'a slow check of the deadline takes a token away without using it': {
    protocol: {
      check: async (event, confirmations) =>
        await PROTOCOL.check(event, { ...confirmations, sendTaskSuccess: async () => false }),
    },
    scenario: { ...CALM, asked: REMINDED, before: 1, clients: [ANNA], instantsMs: [HOUR], slow: 1 },
    noticed: /the token that is stored|no wait stays open/,
  },
  'a deadline that is moved to earlier is written, and the workflow sleeps on': {
    protocol: {
      carryOut: async (work, confirmations) => {
        const { state } = await confirmations.records.append(ID, work);
        return state.request === undefined ? {} : { request: state.request };
      },
    },
    scenario: { ...CALM, before: 1, clients: [MOVES] },
    noticed: /the task sleeps until/,
  },
};

async function standing(confirmations: Parameters<Protocol['check']>[1]) {
  const { record } = await confirmations.records.read(ID);
  return { record, request: stateOf(record).request };
}

for (const [title, { protocol, scenario, noticed }] of Object.entries(MISTAKES)) {
  test(`it is noticed if ${title}`, async () => {
    await explore(scenario);
    await assert.rejects(explore(scenario, { ...PROTOCOL, ...protocol }), noticed);
  });
}
