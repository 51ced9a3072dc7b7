export { createApi, type ApiDependencies } from './api.ts';
export type {
  AcceptedOrder,
  ConfirmationReceipt,
  OrderLinks,
  OrderStatus,
  OrderView,
  PendingOrder,
  PendingOrders,
  Problem,
} from './contract.ts';
export type { Confirmation, ConfirmedDecision } from './confirmation.ts';
export type { Fault } from './invalid-request.ts';
export type { Order, OrderRequest } from './order.ts';
