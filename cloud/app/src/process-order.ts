import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Chain, IChainable } from 'aws-cdk-lib/aws-stepfunctions';
import type { Construct } from 'constructs';
import { join } from 'node:path';
import {
  BatchLongTasks,
  type Confirmations,
  FargateLongTasks,
  LongTask,
  type LongTasks,
  type NodeFunction,
  type OwnKey,
} from '../../constructs/src/index.ts';
import { orderFunction, orderTask } from './order-function.ts';

/** The state `ProcessOrder`, and what belongs to it. */
export interface ProcessOrder {
  readonly state: IChainable & Pick<Chain, 'next'>;
  readonly functions: readonly NodeFunction[];
  readonly longTasks?: LongTasks;
}

export function processOrderInFunction(scope: Construct, environment: Record<string, string>): ProcessOrder {
  const looks = orderFunction(scope, 'process-order', {
    description: 'Looks at an order before anybody is asked about it',
    environment,
  });
  return { state: orderTask(scope, 'ProcessOrder', looks, { outputPath: '$.Payload' }), functions: [looks] };
}

const PROGRAM = join(import.meta.dirname, '../../orders/src/programs/process-order.ts');

/** For what takes longer than the fifteen minutes that a function has. */
export function processOrderInContainer(
  scope: Construct,
  runOn: 'batch' | 'fargate',
  { store }: Confirmations,
  encryptionKey: OwnKey | undefined,
): ProcessOrder {
  const props = {
    idName: 'orderId',
    // A Bucket is an IBucket; CDK's declarations just do not say so under exactOptionalPropertyTypes.
    accessLog: store.accessLog as IBucket,
    ...(encryptionKey && { encryptionKey }),
  };
  const longTasks =
    runOn === 'batch' ? new BatchLongTasks(scope, 'LongTasks', props) : new FargateLongTasks(scope, 'LongTasks', props);
  const state = new LongTask(scope, 'ProcessOrder', {
    comment: 'Looks at an order before anybody is asked about it, for as long as that takes',
    longTasks,
    program: { entry: PROGRAM },
    taskId: '$.orderId',
    environment: { POWERTOOLS_SERVICE_NAME: 'orders' },
  });
  return { state, functions: longTasks.functions, longTasks };
}
