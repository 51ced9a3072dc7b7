import { AsyncLocalStorage } from 'node:async_hooks';

// What the X-Ray SDK asks of `cls-hooked`, by Node's own means. `cls-hooked` has Node call it for every promise that is made
// and waits for the garbage collector to tell it of each one's end: a quarter of the CPU of a function that calls AWS.
// `nodeBundle` puts this module in its place.

/** Values that follow a call through whatever it awaits. A context sees what the one around it holds. */
type Values = Record<string, unknown>;

class Namespace {
  readonly #running = new AsyncLocalStorage<Values>();
  #entered: Values | undefined;

  get active(): Values | null {
    return this.#running.getStore() ?? this.#entered ?? null;
  }

  createContext(): Values {
    return Object.create(this.active) as Values;
  }

  get(key: string): unknown {
    return this.active?.[key];
  }

  /** @throws if no context was entered. */
  set(key: string, value: unknown): unknown {
    const values = this.active;
    if (values === null) throw new Error(`there is no context to keep "${key}" in: run or enter one first`);
    values[key] = value;
    return value;
  }

  /**
   * For the whole process, wherever nothing else was run. The SDK does this once, when it is loaded within a function: there
   * one invocation runs at a time, and the runtime calls the handler from outside of what loaded it.
   */
  enter(context: Values): void {
    this.#entered = context;
  }

  run(work: (context: Values) => void): Values {
    const context = this.createContext();
    this.#running.run(context, work, context);
    return context;
  }

  bind<Args extends unknown[], Result>(work: (...args: Args) => Result): (...args: Args) => Result {
    return AsyncLocalStorage.bind(work);
  }

  /** Its listeners hear in the context of whoever emits: Node keeps that by itself. */
  bindEmitter(): void {}
}

const namespaces = new Map<string, Namespace>();

export function getNamespace(name: string): Namespace | undefined {
  return namespaces.get(name);
}

export function createNamespace(name: string): Namespace {
  const namespace = new Namespace();
  namespaces.set(name, namespace);
  return namespace;
}

export function destroyNamespace(name: string): void {
  namespaces.delete(name);
}
