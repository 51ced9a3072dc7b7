export { type JwtSettings, OrderApprovalStack, type OrderApprovalStackProps } from './order-approval-stack.ts';
