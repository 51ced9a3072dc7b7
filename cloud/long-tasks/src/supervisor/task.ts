import type { Failure } from '../answer-task-token.ts';
import type { Progress } from '../progress.ts';

/** A long task as its supervisor knows it: by a task token, or as a job for whose end Step Functions waits itself. */
export interface Task {
  /** What the program is given. */
  readonly input: unknown;
  /** False: nobody waits for it any more. */
  readonly heartbeat: () => Promise<boolean>;
  readonly keepProgress: (progress: Progress) => Promise<void>;
  /** The program has ended well, with this. False: nobody waits for it any more. */
  readonly succeed: (result: unknown) => Promise<boolean>;
  /** The program has failed. False: nobody waits for it any more. */
  readonly fail: (failure: Failure) => Promise<boolean>;
}
