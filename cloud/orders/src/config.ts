import { parse, type Policy, policySchema, readAll } from '../../confirmations/src/index.ts';

export interface ApiConfig {
  readonly stateMachineArn: string;
  readonly policy: Policy;
  /** The claim that names a person. Absent: those that Cognito names its users by. */
  readonly personClaim: string | undefined;
  /** Where progress is kept, where orders are processed as long tasks. */
  readonly longTasksBucket: string | undefined;
}

/**
 * What the API is told by its environment, beside what every function of confirmations is.
 *
 * @throws if the environment lacks something, naming all that it lacks, or if its policy is none.
 */
export function readApiConfig(environment: Readonly<Record<string, string | undefined>>): ApiConfig {
  const { STATE_MACHINE_ARN } = readAll(environment, 'STATE_MACHINE_ARN');
  return Object.freeze({
    stateMachineArn: STATE_MACHINE_ARN,
    policy: parse(policySchema, JSON.parse(environment['CONFIRMATION_POLICY'] ?? '{}')),
    personClaim: environment['PERSON_CLAIM'],
    longTasksBucket: environment['LONG_TASKS_BUCKET'],
  });
}
