export { NodeFunction, type NodeFunctionProps } from './node-function.ts';
export { TaskTokenStore, type TaskTokenStoreProps } from './task-token-store.ts';
export { WaitForConfirmation, type WaitForConfirmationProps } from './wait-for-confirmation.ts';
