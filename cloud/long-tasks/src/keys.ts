// Where things are in the bucket of long tasks.

/** What the program is given; where a task runs as a job. */
export const inputKey = (taskId: string) => `tasks/${taskId}/input.json`;

/** What the program has given; where a task runs as a job. */
export const resultKey = (taskId: string) => `tasks/${taskId}/result.json`;

/** How far the program has come. */
export const progressKey = (taskId: string) => `tasks/${taskId}/progress.json`;

/** The task token of one attempt, and its input; where a task waits for its token. */
export const attemptKey = (reference: string) => `attempts/${reference}.json`;
