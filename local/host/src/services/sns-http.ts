import { z } from 'zod';
import { DeliveryRefused, type Carrier } from './deliveries.ts';

const Payload = z.object({ headers: z.record(z.string(), z.string()), body: z.string() });

/** SNS Developer Guide, "Message delivery retries": it waits 15 seconds for an answer. */
const TIMEOUT_MS = 15_000;

/** Posts a notification; a redirection is not followed, and an answer of 4xx other than 429 is the last word. */
export const carryOverHttp: Carrier = async ({ receiver, payload }) => {
  const { headers, body } = Payload.parse(JSON.parse(payload));
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const response = await fetch(receiver, { method: 'POST', headers, body, redirect: 'manual', signal });
  await response.body?.cancel();
  if (response.ok) return;
  const said = `the endpoint answered ${response.status}`;
  if (response.status >= 400 && response.status < 500 && response.status !== 429) throw new DeliveryRefused(said);
  throw new Error(said);
};
