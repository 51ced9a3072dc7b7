export * from './step-functions-api.ts';
