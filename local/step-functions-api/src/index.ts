export { callAction } from './call-action.ts';
export * from './step-functions-api.ts';
