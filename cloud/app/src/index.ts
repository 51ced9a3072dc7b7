export { OrderApprovalStack, type OrderApprovalStackProps } from './order-approval-stack.ts';
export type { JwtSettings } from './orders-api.ts';
