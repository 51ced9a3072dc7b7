import { type DescribedProblem, describeProblem } from '../../confirmations/src/index.ts';
import { OrderIdTaken, UnknownOrder } from './errors.ts';

/** What went wrong, in the words of HTTP: what only orders have, and else what confirmations say. */
export function describeOrderProblem(error: unknown): DescribedProblem {
  if (error instanceof UnknownOrder) {
    return { type: 'unknown-order', title: 'No such order', status: 404, detail: error.message };
  }
  if (error instanceof OrderIdTaken) {
    return { type: 'order-id-taken', title: 'The order id is taken', status: 409, detail: error.message };
  }
  return describeProblem(error);
}
