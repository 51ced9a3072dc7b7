import { Duration } from 'aws-cdk-lib';
import { JitterType, JsonPath, type RetryProps, TaskInput } from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke, type LambdaInvokeProps } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import { join } from 'node:path';
import { NodeFunction, type NodeFunctionProps } from '../../constructs/src/index.ts';

const HANDLERS = join(import.meta.dirname, '../../orders/src/handlers');

/** A function of the orders service, by the name of its handler's file. */
export function orderFunction(
  scope: Construct,
  handler: string,
  props: Omit<NodeFunctionProps, 'entry'>,
): NodeFunction {
  const id = handler.replaceAll(/(^|-)[a-z]/g, (start) => start.slice(-1).toUpperCase());
  return new NodeFunction(scope, `${id}Function`, { ...props, entry: join(HANDLERS, `${handler}.ts`) });
}

/** A state that hands its order to a function. */
export function orderTask(
  scope: Construct,
  id: string,
  lambdaFunction: NodeFunction,
  results: Pick<LambdaInvokeProps, 'outputPath' | 'resultPath'>,
): LambdaInvoke {
  const task = new LambdaInvoke(scope, id, { lambdaFunction, payload: ORDER_AND_EXECUTION, ...results });
  // CDK's own Retry leaves out that Lambda takes no more at the moment, and an order must not fail for that.
  task.addRetry(WHEN_THROTTLED);
  return task;
}

const ORDER_AND_EXECUTION = TaskInput.fromObject({
  executionArn: JsonPath.executionId,
  input: JsonPath.entirePayload,
});

const WHEN_THROTTLED: RetryProps = {
  errors: ['Lambda.TooManyRequestsException'],
  interval: Duration.seconds(1),
  maxAttempts: 8,
  jitterStrategy: JitterType.FULL,
};
