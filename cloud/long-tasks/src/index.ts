export { type Progress, progressSchema } from './progress.ts';
export { type ReadProgress, readProgressIn } from './read-progress.ts';
export { STARTED_BY } from './started-by.ts';
export { inputKey, progressKey, resultKey } from './keys.ts';
