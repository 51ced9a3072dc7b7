import type { Json } from './json.ts';

/**
 * What `$$` names in JSONPath and `$states.context` in JSONata. A type and not an interface, so that it is JSON to every
 * function that takes JSON.
 *
 * `Task` is there only while the Parameters of a state that waits for a token are filled. It holds a secret, so the context
 * object is never shown in a cause or a log.
 *
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html
 */
export type ContextObject = {
  readonly Execution: {
    /** The ARN. */
    readonly Id: string;
    readonly Input: Json;
    readonly Name: string;
    readonly RoleArn: string;
    /** ISO 8601, with milliseconds. */
    readonly StartTime: string;
    readonly RedriveCount?: number;
    readonly RedriveTime?: string;
  };
  readonly State?: {
    readonly EnteredTime: string;
    readonly Name: string;
    /** Only in states that can be retried. */
    readonly RetryCount?: number;
  };
  readonly StateMachine: {
    readonly Id: string;
    readonly Name: string;
  };
  readonly Task?: { readonly Token: string };
  readonly Map?: {
    readonly Item: { readonly Index: number; readonly Value: Json; readonly Key?: string; readonly Source?: string };
  };
};
