import * as z from 'zod';
import {
  bulkResultSchema,
  bulkSchema,
  CONFIRMATION_OPERATIONS,
  type Operation,
  operationsUnder,
} from '../../confirmations/src/index.ts';
import { acceptedOrderSchema, orderViewSchema, pendingOrdersSchema } from './contract.ts';
import { orderRequestSchema } from './order.ts';

const TOO_MUCH = { 413: 'The body is too large.', 415: 'The body is no JSON.' };

/** Everything that the orders API can do. */
export const OPERATIONS: readonly Operation[] = [
  {
    method: 'post',
    path: '/orders',
    summary: 'Send an order. The same again gets the same answer.',
    headers: { 'idempotency-key': 'The id of an order that has none is made of this.' },
    body: orderRequestSchema,
    status: 202,
    answer: acceptedOrderSchema,
    problems: { 409: 'The id is taken by another order.', ...TOO_MUCH },
  },
  {
    method: 'get',
    path: '/orders',
    summary: 'The orders that wait for a confirmation, page by page.',
    query: {
      status: 'AWAITING_CONFIRMATION, which is what there is.',
      limit: 'At most so many, 1 to 100; 50 if absent.',
      cursor: 'The nextCursor of the page before.',
      mine: 'true: only those that whoever asks may answer now.',
    },
    status: 200,
    answer: pendingOrdersSchema,
  },
  {
    method: 'get',
    path: '/orders/{id}',
    summary: 'An order, and where it stands.',
    status: 200,
    answer: orderViewSchema,
    problems: { 404: 'There is no such order.' },
  },
  {
    method: 'post',
    path: '/orders/confirmations',
    summary: 'Confirm or reject many orders, each with a result of its own.',
    body: bulkSchema,
    status: 200,
    answer: bulkResultSchema,
    problems: TOO_MUCH,
  },
  ...operationsUnder('/orders/{id}', CONFIRMATION_OPERATIONS),
  {
    method: 'get',
    path: '/openapi.json',
    summary: 'This description.',
    status: 200,
    answer: z.record(z.string(), z.json()),
  },
];
