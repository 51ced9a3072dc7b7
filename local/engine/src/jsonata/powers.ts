import { registerHooks } from 'node:module';
import { runInNewContext } from 'node:vm';

/**
 * Gives up what this process could do beside computing, so that an expression that broke out of JSONata would find nothing.
 *
 * Files, child processes, workers and code from strings are refused by the flags that the process was started with. Node has no
 * such flag for the network in this version, so the ways to it go here: whatever is no part of JavaScript itself, and the
 * loading of modules. The prototypes take no more members, for the next request is evaluated here, too.
 */
export function shedPowers(): void {
  const own = new Set(runInNewContext('Object.getOwnPropertyNames(globalThis)') as string[]);
  // JSONata does Base64 with it.
  own.add('Buffer');
  for (const name of Object.getOwnPropertyNames(globalThis)) {
    if (!own.has(name)) Reflect.deleteProperty(globalThis, name);
  }
  for (const prototype of [Object.prototype, Array.prototype, Function.prototype, String.prototype, Number.prototype]) {
    Object.preventExtensions(prototype);
  }
  registerHooks({ resolve: refuseModule });
}

function refuseModule(specifier: string): never {
  throw new Error(`${specifier} is not loaded: this process has all that it needs`);
}
