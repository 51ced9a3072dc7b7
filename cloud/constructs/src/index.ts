export { Confirmations, type ConfirmationsProps } from './confirmations.ts';
export { ConfirmationsApi, type ConfirmationsApiProps } from './confirmations-api.ts';
export { NodeFunction, type NodeFunctionProps } from './node-function.ts';
export { type MailProps, Notifications, type NotificationsProps } from './notifications.ts';
export { People } from './people.ts';
export { SignedInApi, type SignedInApiProps } from './signed-in-api.ts';
export { TaskTokenStore, type TaskTokenStoreProps } from './task-token-store.ts';
export { WaitForConfirmation, type WaitForConfirmationProps } from './wait-for-confirmation.ts';
export type { Policy, Schedule } from '../../confirmations/src/index.ts';
