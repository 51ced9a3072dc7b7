// The code of the functions that bench/functions.ts runs; it is bundled as any function of a CDK app.
import { Agent, request } from 'node:http';
import {
  finalize as finalized,
  reserve as reserved,
  type Confirmation,
  type Order,
  type Reservation,
} from './order.ts';

const agent = new Agent({ keepAlive: true });

export const reserve = (order: Order): Promise<Reservation> => Promise.resolve(reserved(order));

/** Hands the token to whoever waits for it, as a function does that mails it or keeps it. */
export function confirm({ orderId, token }: { orderId: string; token: string }): Promise<object> {
  return new Promise((resolve, reject) => {
    const handed = request(process.env['TOKENS_URL'] ?? '', { method: 'POST', agent }, (response) => {
      response.resume().once('end', () => resolve({}));
    });
    handed.once('error', reject).end(JSON.stringify([orderId, token]));
  });
}

export function finalize({ confirmation, ...reservation }: Reservation & { confirmation: Confirmation }) {
  return Promise.resolve(finalized(reservation, confirmation));
}
