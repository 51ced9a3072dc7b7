import { answer } from '../src/commands/answer.ts';
import { moveDeadline } from '../src/commands/move-deadline.ts';
import { undo } from '../src/commands/undo.ts';
import { withdraw } from '../src/commands/withdraw.ts';
import { type Client, type Scenario } from './explore.ts';
import { ASKED, DAY, HOUR, ID, MINUTE, person, T0 } from './world.ts';

export function says(name: string, says: 'confirm' | 'reject'): Client {
  return { name, says, work: (draft) => answer(draft, { id: ID, answer: { decision: says }, by: person(name) }) };
}
export const ANNA = says('anna', 'confirm');
export const BEN = says('ben', 'reject');
export const WITHDRAWS: Client = {
  name: 'withdrawal',
  work: (draft) => withdraw(draft, { id: ID, by: person('olga') }),
};
export const UNDOES: Client = { name: 'undo', work: (draft) => undo(draft, { id: ID, by: person('anna') }) };
export const moves = (toMs: number): Client => ({
  name: 'move',
  work: (draft) => moveDeadline(draft, { id: ID, by: person('olga'), to: new Date(T0 + toMs).toISOString() }),
});

export const HELD = { ...ASKED, policy: { ...ASKED.policy, holdSeconds: 300 } };
const CALM = { asked: ASKED, instantsMs: [], crashes: 0, slow: 0 };

/** Small enough that every order of their calls can be gone through. */
export const SCENARIOS: Record<string, Scenario> = {
  'an answer while the wait opens, until the deadline': { ...CALM, clients: [ANNA], instantsMs: [3 * DAY] },
  'two who disagree while the wait opens': { ...CALM, clients: [ANNA, BEN] },
  'an answer, a slow first attempt and the second one': { ...CALM, clients: [ANNA], slow: 1 },
  'an answer while the wait opens, and one death': { ...CALM, clients: [ANNA], crashes: 1 },
  'an answer and a withdrawal of what waits': { ...CALM, before: 1, clients: [ANNA, WITHDRAWS], crashes: 1 },
  'an answer at the deadline': { ...CALM, before: 1, clients: [ANNA], instantsMs: [3 * DAY] },
  'an answer at the deadline, and one death': {
    ...CALM,
    before: 1,
    clients: [ANNA],
    instantsMs: [3 * DAY],
    crashes: 1,
  },
  'an answer at the deadline, and a slow function': {
    ...CALM,
    before: 1,
    clients: [ANNA],
    instantsMs: [3 * DAY],
    slow: 1,
  },
  'two who disagree at the deadline': { ...CALM, before: 1, clients: [ANNA, BEN], instantsMs: [3 * DAY] },
  'an answer and a deadline that is moved to earlier': {
    ...CALM,
    before: 1,
    clients: [moves(HOUR), ANNA],
    instantsMs: [HOUR],
  },
  'a deadline that is moved to later when it passes': {
    ...CALM,
    before: 1,
    clients: [moves(5 * DAY)],
    instantsMs: [3 * DAY, 5 * DAY],
    slow: 0,
  },
  'an answer that is held, and a death': {
    ...CALM,
    asked: HELD,
    before: 1,
    clients: [ANNA],
    instantsMs: [5 * MINUTE],
    crashes: 1,
  },
  'an answer that is held, and a slow function': {
    ...CALM,
    asked: HELD,
    before: 1,
    clients: [ANNA],
    instantsMs: [5 * MINUTE],
    slow: 1,
  },
  'an undoing when the hold ends': {
    ...CALM,
    asked: HELD,
    before: 2,
    clients: [ANNA, UNDOES],
    instantsMs: [5 * MINUTE, 3 * DAY],
  },
};
