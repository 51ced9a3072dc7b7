const ANSWER_TIMEOUT_MS = 3_000;

/** How a host of this program says that it is: `ready` or `starting`; undefined where none answers. */
export async function ownHealth(awsUrl: string): Promise<string | undefined> {
  try {
    const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
    const answer = await fetch(`${awsUrl}/_countersign/health`, { signal });
    const body: unknown = await answer.json();
    return typeof body === 'object' && body !== null && 'status' in body ? String(body.status) : undefined;
  } catch {
    return undefined;
  }
}
