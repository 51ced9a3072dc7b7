/** One line of JSON, as Lambda functions write them here. What it is given holds no token and no reference of one. */
export type Log = (message: string, details?: Readonly<Record<string, unknown>>) => void;

export function logTo(write: (line: string) => unknown, taskId: string, now: () => Date): Log {
  return (message, details = {}) => {
    write(`${JSON.stringify({ timestamp: now().toISOString(), message, taskId, ...details })}\n`);
  };
}

/** The name and the message of what was thrown; no stack, no request. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
