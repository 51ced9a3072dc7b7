import { openExecutionStore, type ExecutionStore } from '../src/index.ts';

export interface AroundTransactions {
  /** What it throws, the transaction comes to nothing by. */
  readonly before?: () => void;
  /** Within it, when its work is done; likewise. */
  readonly within?: () => void;
  /** When it is on disk. */
  readonly after?: () => void;
}

const nothing = (): void => {};

/** The store, with something that happens around each of its transactions, and members of its own. */
export function aroundTransactions(
  store: ExecutionStore,
  { before = nothing, within = nothing, after = nothing }: AroundTransactions,
  members: Partial<ExecutionStore> = {},
): ExecutionStore {
  const done = <T>(work: () => T): T => {
    const result = work();
    within();
    return result;
  };
  const own: Partial<ExecutionStore> = {
    transact: (work) => {
      before();
      const result = store.transact(() => done(work));
      after();
      return result;
    },
    transactAsync: async (work) => {
      before();
      await store.transactAsync(() => done(work));
      after();
    },
    ...members,
  };
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(own, name) ?? Reflect.get(target, name, target);
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
}

/** A store in a file whose callers wait for each sync: what has happened after so many turns of the event loop is the same on any disk. */
export function openSyncedInTurn(file: string): ExecutionStore {
  const store = openExecutionStore(file);
  const transactAsync = (work: () => void): Promise<void> => Promise.try(() => store.transact(work));
  return aroundTransactions(store, {}, { transactAsync });
}
