import type { Answered } from './api.ts';
import type { Problem } from './orders.ts';
import { reached, unreached } from './state.ts';

// What the machine that runs the app offers beside it, at the page's own origin: `local/host/src/services/own-requests.ts`.

/** Longer than a journey through time is answered at the latest. */
const ANSWER_TIMEOUT_MS = 300_000;

/** Asks below `/_countersign/`. Does not throw. */
export async function askMachine<Body>(
  method: 'GET' | 'POST',
  path: string,
  body?: object,
  signal?: AbortSignal,
): Promise<Answered<Body>> {
  try {
    const timeout = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    const answer = await fetch(`/_countersign/${path}`, {
      method,
      // The outbox is a page as well.
      headers: { accept: 'application/json', ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
    reached(answer.headers.get('date'));
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the host of the same version wrote it
    if (answer.ok) return { isOk: true, body: (await answer.json()) as Body };
    return { isOk: false, problem: await refusalIn(answer) };
  } catch {
    if (signal?.aborted !== true) unreached();
    return { isOk: false, problem: NO_CONNECTION };
  }
}

/** The host refuses as AWS does: a type and a message. */
async function refusalIn(answer: Response): Promise<Problem> {
  const text = await answer.text();
  const problem = { type: '', title: 'This did not work', status: answer.status };
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    if (typeof message === 'string') return { ...problem, detail: message };
  } catch {
    // A text, then.
  }
  return { ...problem, detail: text === '' ? `The host answered ${answer.status}.` : text.slice(0, 500) };
}

const NO_CONNECTION: Problem = {
  type: 'no-connection',
  title: 'No connection',
  status: 0,
  detail: 'The host could not be reached. Is it running?',
};
