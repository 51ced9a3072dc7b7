export { createApi, type ApiDependencies } from './api.ts';
export type { AcceptedOrder, OrderLinks, OrderStatus, OrderView, PendingOrder, PendingOrders } from './contract.ts';
export type { Order, OrderRequest } from './order.ts';
