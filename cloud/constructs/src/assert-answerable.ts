import { Duration, Token } from 'aws-cdk-lib';
import {
  InvalidRequest,
  parse,
  type Policy,
  policySchema,
  type Schedule,
  scheduleSchema,
} from '../../confirmations/src/index.ts';
import type { WaitForConfirmationProps } from './wait-for-confirmation.ts';

/** A wait cannot be as it was declared. The message says what to add or to change. */
export class WrongWait extends Error {
  override readonly name = 'WrongWait';
}

/**
 * The policy and the schedule of a wait, if it is one that can be answered and that ends.
 *
 * @throws {WrongWait}
 */
export function assertAnswerable(id: string, props: WaitForConfirmationProps): { policy: Policy; schedule: Schedule } {
  const { owner, deadline, rejected, confirmed, expired } = props as Partial<WaitForConfirmationProps>;
  const missing = [
    ...(deadline === undefined ? ['a deadline, such as `deadline: Duration.days(3)`: nobody waits for ever'] : []),
    ...(rejected === undefined ? ['a rejection path, such as `rejected: new Pass(…)`: people may say no'] : []),
    ...(confirmed === undefined ? ['what follows a confirmation, such as `confirmed: shipOrder`'] : []),
    ...(expired === undefined ? ['what follows when nobody answers in time, such as `expired: new Pass(…)`'] : []),
    ...(!owner ? ['an owner, such as `owner: "managers"`: somebody answers for it'] : []),
  ];
  if (missing.length > 0) throw new WrongWait(`WaitForConfirmation "${id}" lacks ${missing.join('; and ')}.`);

  const policy = check(id, 'policy', () => parse(policySchema, { ...props.policy, owner: props.owner }));
  const schedule = check(id, 'schedule', () =>
    parse(scheduleSchema, { ...props.schedule, deadline: spanOf(props.deadline) }),
  );
  return { policy, schedule };
}

function spanOf(deadline: WaitForConfirmationProps['deadline']): Schedule['deadline'] {
  if (!(deadline instanceof Duration)) return deadline;
  if (Token.isUnresolved(deadline)) throw new WrongWait('A deadline must be known when the app is synthesised.');
  return { seconds: deadline.toSeconds() };
}

function check<Checked>(id: string, what: string, parsed: () => Checked): Checked {
  try {
    return parsed();
  } catch (error) {
    if (!(error instanceof InvalidRequest)) throw error;
    throw new WrongWait(`The ${what} of WaitForConfirmation "${id}" is wrong: ${error.message}`, { cause: error });
  }
}
