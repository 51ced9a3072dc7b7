import type { ExecutionStore } from '../../local/engine/src/index.ts';
import type { SimulationOptions } from './world.ts';

export interface Mistake {
  readonly broken: Omit<SimulationOptions, 'seed' | 'folder'>;
  /** The first seed that is tried: the mistake strikes soon after it. @default 1 */
  readonly from?: number;
  /** What the simulation says then, whichever of the promises it sees broken first. */
  readonly noticed: RegExp;
}

type Member = (...given: never[]) => unknown;

/** The store with one of its members replaced; `own` is that member as it was. */
function replacing<Name extends keyof ExecutionStore>(
  name: Name,
  replacement: (own: ExecutionStore[Name], store: ExecutionStore) => ExecutionStore[Name],
): Mistake['broken'] {
  return {
    breakage: {
      store: (store) =>
        new Proxy(store, {
          get(target, asked) {
            const member: unknown = Reflect.get(target, asked, target);
            const own = typeof member === 'function' ? ((member as Member).bind(target) as unknown) : member;
            return asked === name ? replacement(own as ExecutionStore[Name], target) : own;
          },
        }),
    },
  };
}

/** A simulation that nothing can break proves nothing. Each of these is a mistake that one could make, and it has to be noticed. */
export const MISTAKES: Readonly<Record<string, Mistake>> = {
  'only every eighth commit is synced': {
    broken: { syncEvery: 8 },
    noticed:
      /is damaged|is not there|is not listed|Does Not Exist|rewritten|no history knows of|is unknown|had ended|makes? calls|has no end|calls of/,
  },
  'a task is called twice': {
    broken: {
      breakage: {
        handler: (handler) => (call, signal) => {
          void handler(call, signal);
          return handler(call, signal);
        },
      },
    },
    noticed: /was called twice|calls of/,
  },
  'some timers are never stored': {
    broken: replacing('putEffect', (own) => (executionId, effectId, dueAtMs, inFlight) => {
      if (inFlight || effectId % 5 !== 3) own(executionId, effectId, dueAtMs, inFlight);
    }),
    noticed: /has not ended|was accepted twice/,
  },
  'timers fire two seconds early': {
    broken: {
      ...replacing('dueEffects', (own) => (atMs, limit) => own(atMs + 2_000, limit)),
    },
    noticed: /waits for .* and ended after/,
  },
  'an answer that came too late is called accepted': {
    broken: {
      breakage: {
        answer: (action, answer) =>
          action === 'SendTaskSuccess' && answer.status === 400 ? { status: 200, body: {} } : answer,
      },
    },
    noticed: /was accepted twice|was answered/,
  },
  'a step that was rolled back is answered as if it had not been': {
    broken: {
      breakage: {
        answer: (action, answer) =>
          action === 'StartExecution' && answer.status === 503 ? { status: 200, body: {} } : answer,
      },
    },
    from: 10,
    noticed: /is not there|is not listed/,
  },
  'events of a step are lost': {
    broken: replacing('appendEvents', (own) => (executionId, firstEventId, text) => {
      if (firstEventId % 7 !== 5) own(executionId, firstEventId, text);
    }),
    noticed: /dense|status|history/,
  },
};
