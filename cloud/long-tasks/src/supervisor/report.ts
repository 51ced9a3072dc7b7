/** What a program says on file descriptor 3, one JSON object a line. */
export type ProgramReport =
  | { readonly kind: 'progress'; readonly progress: { readonly percent: number; readonly message?: string } }
  | { readonly kind: 'result'; readonly result: unknown }
  | { readonly kind: 'failure'; readonly error: string; readonly cause: string };

const MESSAGE_CHARACTERS_MAX = 256;

/** Undefined: it is none of them. */
export function parseReport(line: string): ProgramReport | undefined {
  const said = parsed(line);
  if (typeof said !== 'object' || said === null) return undefined;
  const { percent, message, result, error, cause } = said as Record<string, unknown>;
  if (result !== undefined) return { kind: 'result', result };
  if (typeof error === 'string') return { kind: 'failure', error, cause: typeof cause === 'string' ? cause : '' };
  if (typeof percent !== 'number' || !(percent >= 0 && percent <= 100)) return undefined;
  const told = typeof message === 'string' ? { message: message.slice(0, MESSAGE_CHARACTERS_MAX) } : {};
  return { kind: 'progress', progress: { percent, ...told } };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
