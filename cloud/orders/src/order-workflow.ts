import assert from 'node:assert/strict';
import {
  DescribeExecutionCommand,
  ExecutionAlreadyExists,
  ExecutionDoesNotExist,
  type SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import * as z from 'zod';
import { outcomeSchema } from '../../confirmations/src/index.ts';
import { type Order, parseOrder, serializeOrder } from './order.ts';

/** The executions of orders. An order is one execution, and the order's id is the execution's name. */
export interface OrderWorkflow {
  /**
   * Starts the order's execution. `started`: it runs, since now or since an earlier request for the same order.
   * `exists`: the name is taken, by an execution that has ended or that has another input.
   */
  startExecution(order: Order): Promise<'started' | 'exists'>;
  /** The order's execution, or undefined if there is none, or none that this service could have started. */
  describeExecution(orderId: string): Promise<OrderExecution | undefined>;
  executionArn(orderId: string): string;
}

export interface OrderExecution {
  readonly orderId: string;
  readonly executionArn: string;
  readonly startedAtMs: number;
  readonly order: Order;
  /** Undefined while it runs. */
  readonly outcome: Outcome | undefined;
}

/** How an execution ended. */
export type Outcome =
  | { readonly status: Ending['status']; readonly confirmation: Ending['confirmation']; readonly endedAtMs: number }
  | { readonly status: 'FAILED'; readonly failure: { error: string; cause: string }; readonly endedAtMs: number };

type Ending = z.infer<typeof endingSchema>;

/** What the state machine's last states write. */
const endingSchema = z.object({
  status: z.enum(['COMPLETED', 'REJECTED', 'EXPIRED', 'WITHDRAWN']),
  confirmation: z.object({
    decision: outcomeSchema,
    decidedAt: z.iso.datetime(),
    decidedBy: z.array(z.string()).exactOptional(),
    comment: z.string().exactOptional(),
    data: z.record(z.string(), z.json()).exactOptional(),
    reason: z.string().exactOptional(),
  }),
});

/** DescribeExecution is eventually consistent: an execution that has just been started may not be seen at once. */
const DESCRIBE_AGAIN_AFTER_MS = [50, 200];

export function orderWorkflow(
  sfn: Pick<SFNClient, 'send'>,
  stateMachineArn: string,
  pause: (milliseconds: number) => Promise<void>,
): OrderWorkflow {
  const executionArn = (orderId: string) => `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${orderId}`;

  async function describeOnce(orderId: string) {
    try {
      return await sfn.send(new DescribeExecutionCommand({ executionArn: executionArn(orderId) }));
    } catch (error) {
      if (error instanceof ExecutionDoesNotExist) return undefined;
      throw error;
    }
  }

  return {
    executionArn,

    async startExecution(order) {
      try {
        await sfn.send(
          new StartExecutionCommand({ stateMachineArn, name: order.orderId, input: serializeOrder(order) }),
        );
        return 'started';
      } catch (error) {
        if (error instanceof ExecutionAlreadyExists) return 'exists';
        throw error;
      }
    },

    async describeExecution(orderId) {
      let description = await describeOnce(orderId);
      for (const delayMs of DESCRIBE_AGAIN_AFTER_MS) {
        if (description !== undefined) break;
        await pause(delayMs);
        description = await describeOnce(orderId);
      }
      return description && readExecution(orderId, executionArn(orderId), description);
    },
  };
}

interface Description {
  status?: string | undefined;
  input?: string | undefined;
  output?: string | undefined;
  error?: string | undefined;
  cause?: string | undefined;
  startDate?: Date | undefined;
  stopDate?: Date | undefined;
}

function readExecution(orderId: string, executionArn: string, description: Description): OrderExecution | undefined {
  const order = orderFrom(description.input);
  // Somebody may start an execution by hand, with a name and an input of their own: that is no order.
  if (order?.orderId !== orderId || description.startDate === undefined) return undefined;
  return {
    orderId,
    executionArn,
    order,
    startedAtMs: description.startDate.getTime(),
    outcome: outcomeOf(description),
  };
}

function orderFrom(input: string | undefined): Order | undefined {
  try {
    return parseOrder(JSON.parse(input ?? ''));
  } catch {
    return undefined;
  }
}

function outcomeOf({ status, output, error, cause, stopDate }: Description): Outcome | undefined {
  if (status === 'RUNNING') return undefined;
  assert(stopDate !== undefined, 'an execution that has ended has a stop date');
  const endedAtMs = stopDate.getTime();
  if (status === 'SUCCEEDED') return { ...endingSchema.parse(JSON.parse(output ?? '')), endedAtMs };
  const stopped = status === 'ABORTED' ? 'The execution was stopped.' : 'The execution ended without saying why.';
  return {
    status: 'FAILED',
    failure: { error: error ?? status ?? 'Unknown', cause: cause === undefined ? stopped : messageIn(cause) },
    endedAtMs,
  };
}

/**
 * The cause of a Lambda function's failure is JSON with a stack trace, and that of a job is the job with its roles and its
 * image: ours to read and not the customer's.
 */
function messageIn(cause: string): string {
  try {
    return causeSchema.parse(JSON.parse(cause));
  } catch {
    return cause;
  }
}

const causeSchema = z.union([
  z.object({ errorMessage: z.string() }).transform(({ errorMessage }) => errorMessage),
  z
    .object({
      JobId: z.string(),
      StatusReason: z.string().optional(),
      Container: z.object({ ExitCode: z.int().optional(), Reason: z.string().optional() }).optional(),
    })
    .transform(({ StatusReason, Container: { ExitCode, Reason } = {} }) =>
      [StatusReason ?? 'The job has failed', ...(ExitCode === undefined ? [] : [`exit code ${ExitCode}`]), Reason]
        .filter(Boolean)
        .join(': '),
    ),
]);
