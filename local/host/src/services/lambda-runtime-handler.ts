import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { importAsOwnPackage } from './lambda-runtime-package.ts';
import { runtimeError } from './lambda-runtime-errors.ts';

// A handler is somebody else's code: all that is known of it is that it can be called.
export type Handler = (
  event: unknown,
  context: object,
  callback?: (error: unknown, result?: unknown) => void,
) => unknown;

const STREAMING = Symbol.for('aws.lambda.runtime.handler.streaming');
const EXTENSIONS = ['', '.js', '.mjs', '.cjs'];

/** Gives what streaming handlers expect to find when they are loaded; {@link loadHandler} then refuses them by name. */
export function defineAwsLambdaGlobal(): void {
  const streamifyResponse = (handler: object) => Object.assign(handler, { [STREAMING]: 'response' });
  Object.defineProperty(globalThis, 'awslambda', { configurable: true, writable: true, value: { streamifyResponse } });
}

/**
 * Finds the function that a handler string such as `src/index.handler` names, in the way of Lambda's own runtime.
 *
 * @throws an error with a `Runtime.` name, or whatever the module threw while it was loaded.
 */
export async function loadHandler(taskRoot: string, handlerString: string, runtimeVersion: number): Promise<Handler> {
  const { modulePath, exportPath } = parseHandlerString(handlerString);
  const handler = await importModule(taskRoot, modulePath).then((module) => findExport(module, exportPath));
  if (!handler) throw runtimeError('Runtime.HandlerNotFound', `${handlerString} is undefined or not exported`);
  if (!isCallable(handler)) throw runtimeError('Runtime.HandlerNotFound', `${handlerString} is not a function`);
  if (STREAMING in handler) {
    const hint =
      'response streaming (awslambda.streamifyResponse) is not supported on this machine: return the whole response';
    throw runtimeError('Runtime.StreamingNotSupported', `${handlerString}: ${hint}`);
  }
  if (runtimeVersion >= 24 && handler.length >= 3) {
    const reason = 'AWS Lambda has removed support for callback-based function handlers starting with Node.js 24.';
    throw runtimeError(
      'Runtime.CallbackHandlerDeprecated',
      `ERROR: ${reason} Make ${handlerString} an async function.`,
    );
  }
  return handler;
}

function parseHandlerString(handlerString: string): { modulePath: string; exportPath: string[] } {
  if (handlerString.includes('..')) {
    const hint = 'Use absolute paths when specifying root directories in handler names.';
    throw runtimeError('Runtime.MalformedHandlerName', `'${handlerString}' is not a valid handler name. ${hint}`);
  }
  const [, modulePath, exportPath] = /^((?:.*\/)?[^\/.]*)\.([^\/]+)$/v.exec(handlerString) ?? [];
  if (modulePath === undefined || exportPath === undefined)
    throw runtimeError('Runtime.MalformedHandlerName', 'Bad handler');
  return { modulePath, exportPath: exportPath.split('.') };
}

async function importModule(taskRoot: string, modulePath: string): Promise<unknown> {
  const base = path.resolve(taskRoot, modulePath);
  try {
    const file = EXTENSIONS.map((extension) => base + extension).find((candidate) => existsSync(candidate));
    if (file !== undefined) return await importAsOwnPackage(taskRoot, file, () => import(pathToFileURL(file).href));
    const require = createRequire(import.meta.url);
    return require(require.resolve(path.basename(modulePath), { paths: [taskRoot, path.dirname(base)] }));
  } catch (error) {
    if (error instanceof SyntaxError) throw syntaxError(error);
    const isMissing = error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND';
    throw isMissing ? runtimeError('Runtime.ImportModuleError', String(error)) : error;
  }
}

function syntaxError(error: SyntaxError): Error {
  const named = runtimeError('Runtime.UserCodeSyntaxError', String(error));
  if (error.stack !== undefined) named.stack = error.stack;
  return named;
}

/** CommonJS may hide its exports from an `import`, so what `default` holds counts as exported, too. */
function findExport(module: unknown, exportPath: string[]): unknown {
  return memberAt(module, exportPath) ?? memberAt(memberAt(module, ['default']), exportPath);
}

function memberAt(value: unknown, exportPath: string[]): unknown {
  return exportPath.reduce<unknown>((nested, name) => {
    const isObject = typeof nested === 'object' && nested !== null;
    return isObject ? (nested as Record<string, unknown>)[name] : undefined;
  }, value);
}

function isCallable(value: unknown): value is Handler {
  return typeof value === 'function';
}
