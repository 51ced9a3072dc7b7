export * from './json.ts';
export type * from './definition.ts';
export * from './states-error.ts';
export * from './timestamp.ts';
