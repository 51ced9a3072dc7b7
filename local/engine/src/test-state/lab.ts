import type { Json } from '../../../asl/src/index.ts';
import type { Clock } from '../clock.ts';
import type { EntropySource } from '../entropy.ts';
import type { Evaluator } from '../evaluations.ts';
import type { TaskHandler } from '../task-handler.ts';

/** What a test needs of the engine. It writes nothing: a state that is tested leaves no execution behind. */
export interface Lab {
  readonly region: string;
  readonly accountId: string;
  readonly clock: Clock;
  readonly entropy: EntropySource;
  readonly evaluator: Evaluator;
  readonly taskHandler: TaskHandler;
  /** What is wrong with a call's parameters, before it is made. */
  readonly parameterFault: (resource: string, parameters: Json) => string | undefined;
  /** Aborts when the engine stops. */
  readonly stopping: AbortSignal;
}
