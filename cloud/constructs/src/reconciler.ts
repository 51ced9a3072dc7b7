/* oxlint-disable no-new -- a construct is made for what it adds to its scope */
import { Aws, Duration, Lazy, Stack, Validations } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { CfnStateMachine, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { join } from 'node:path';
import { NodeFunction } from './node-function.ts';

export interface ReconcilerProps {
  readonly environment: Readonly<Record<string, string>>;
  /** When something has waited for so long that somebody should look. */
  readonly stuckAfter: Duration;
}

const HANDLER = join(import.meta.dirname, '../../confirmations/src/handlers/reconcile.ts');

/** Rarely enough that ListExecutions is not throttled, often enough that nobody waits long for what a crash left behind. */
export const EVERY = Duration.minutes(5);

/**
 * Heals what clients, functions and stopped executions leave behind, and says what it cannot heal. Two alarms: something has
 * waited for too long; or something is wrong that the reconciler cannot put right.
 */
export class Reconciler extends Construct {
  readonly function: NodeFunction;
  readonly #stateMachines: StateMachine[] = [];

  constructor(scope: Construct, id: string, { environment, stuckAfter }: ReconcilerProps) {
    super(scope, id);
    this.function = new NodeFunction(this, 'Function', {
      description: 'Heals what was left behind, and says for how long the oldest confirmation has waited',
      entry: HANDLER,
      environment: {
        ...environment,
        STATE_MACHINE_ARNS: Lazy.string({
          produce: () => this.#stateMachines.map(({ stateMachineArn }) => stateMachineArn).join(','),
        }),
      },
      timeout: Duration.minutes(2),
    });
    new Rule(this, 'Schedule', {
      description: 'Looks after what waits for people',
      schedule: Schedule.rate(EVERY),
      // Nothing is lost with one of these: the next comes soon, and that none has come is what `StuckWait` is raised for.
      targets: [new LambdaFunction(this.function, { retryAttempts: 0 })],
    });
    const metric = (metricName: string, dimensions: Record<string, string> = {}) =>
      new Metric({
        namespace: 'Countersign',
        metricName,
        dimensionsMap: { service: 'confirmations', ...dimensions },
        statistic: 'Maximum',
        period: Duration.minutes(15),
      });
    new Alarm(this, 'StuckWait', {
      alarmDescription: 'Something has waited for a confirmation for longer than it should',
      metric: metric('OldestPendingSeconds'),
      threshold: stuckAfter.toSeconds(),
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      // Nobody looks: that is as bad as what they could find.
      treatMissingData: TreatMissingData.BREACHING,
    });
    new Alarm(this, 'Unhealable', {
      alarmDescription: 'A confirmation cannot go on by itself: the log of the reconciler says which and why',
      metric: metric('ReconcilerFindings', { finding: 'unhealable' }),
      threshold: 0,
      evaluationPeriods: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  }

  /** Has a state machine's executions looked at as well. */
  lookAfter(stateMachine: StateMachine): void {
    this.#stateMachines.push(stateMachine);
    const { stateMachineArn, stateMachineName } = stateMachine;
    const executions = `arn:${Aws.PARTITION}:states:${Aws.REGION}:${Aws.ACCOUNT_ID}:execution:${stateMachineName}:*`;
    this.function.addToRolePolicy(
      new PolicyStatement({ actions: ['states:ListExecutions'], resources: [stateMachineArn] }),
    );
    this.function.addToRolePolicy(
      new PolicyStatement({
        actions: ['states:DescribeExecution', 'states:GetExecutionHistory'],
        resources: [executions],
      }),
    );
    const machine = Stack.of(stateMachine).getLogicalId(stateMachine.node.defaultChild as CfnStateMachine);
    Validations.of(this.function.role ?? this.function).acknowledge({
      id: `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:<${machine}.Name>:*]`,
      reason: 'Which executions of this one state machine wait is only known when the reconciler looks.',
    });
  }
}
