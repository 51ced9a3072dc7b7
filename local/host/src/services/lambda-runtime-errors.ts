/** Errors as the Node.js runtime of Lambda words them, in the answer and in the log. */
export interface FormattedError {
  errorType: string;
  errorMessage: string;
  trace: string[];
}

export type RuntimeErrorName =
  | 'Runtime.CallbackHandlerDeprecated'
  | 'Runtime.HandlerNotFound'
  | 'Runtime.ImportModuleError'
  | 'Runtime.JSONStringifyError'
  | 'Runtime.MalformedHandlerName'
  | 'Runtime.StreamingNotSupported'
  | 'Runtime.UnhandledPromiseRejection'
  | 'Runtime.UserCodeSyntaxError';

export function runtimeError(name: RuntimeErrorName, message: string): Error {
  return Object.assign(new Error(message), { name });
}

/** What the invoker gets. Whatever can be thrown has such a form: strings, proxies and errors that cannot be read, too. */
export function formatError(thrown: unknown): FormattedError {
  try {
    if (!(thrown instanceof Error)) return { errorType: typeof thrown, errorMessage: String(thrown), trace: [] };
    return { errorType: thrown.name, errorMessage: thrown.message, trace: thrown.stack?.split('\n') ?? [] };
  } catch {
    const errorMessage =
      'callback called with Error argument, but there was a problem while retrieving one or more of its message, name, and stack';
    return { errorType: 'handled', errorMessage, trace: [] };
  }
}

/** What the log gets: the error with its own fields, and those of its causes. */
export function errorLogText(thrown: unknown): string {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  try {
    return JSON.stringify(error, (_key, value: unknown) => (value instanceof Error ? withFields(value) : value));
  } catch {
    return JSON.stringify(formatError(error));
  }
}

function withFields(error: Error): object {
  const code = 'code' in error ? error.code : undefined;
  const named = { errorType: error.name, errorMessage: error.message, code };
  return Object.assign(named, error, { stack: error.stack?.split('\n') });
}
