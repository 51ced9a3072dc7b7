// The code of the functions that bench/functions.ts runs; it is bundled as any function of a CDK app.
import { connect, type Socket } from 'node:net';
import {
  finalize as finalized,
  reserve as reserved,
  type Confirmation,
  type Order,
  type Reservation,
} from './order.ts';

let driver: Socket | undefined;

export const reserve = (order: Order): Promise<Reservation> => Promise.resolve(reserved(order));

/** Hands the token to whoever waits for it: a line of JSON over one connection that is kept. */
export function confirm({ orderId, token }: { orderId: string; token: string }): Promise<object> {
  driver ??= connect(Number(process.env['TOKENS_PORT']), '127.0.0.1').setNoDelay();
  const { promise, resolve, reject } = Promise.withResolvers<object>();
  driver.write(`${JSON.stringify([orderId, token])}\n`, (error) => (error ? reject(error) : resolve({})));
  return promise;
}

export function finalize({ confirmation, ...reservation }: Reservation & { confirmation: Confirmation }) {
  return Promise.resolve(finalized(reservation, confirmation));
}
