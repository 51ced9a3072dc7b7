import { untrusted } from '../trust.ts';

const ANSWER_TIMEOUT_MS = 3_000;

/** How a host of this program says that it is: `ready` or `starting`; undefined where none answers. @throws {CliError} if it is not trusted. */
export async function ownHealth(awsUrl: string): Promise<string | undefined> {
  try {
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    const answer = await fetch(`${awsUrl}/_countersign/health`, { signal });
    const body: unknown = await answer.json();
    return typeof body === 'object' && body !== null && 'status' in body ? String(body.status) : undefined;
  } catch (error) {
    const distrust = untrusted(awsUrl, error);
    if (distrust !== undefined) throw distrust;
    return undefined;
  }
}
