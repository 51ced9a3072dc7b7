import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { DefinitionBody, Pass, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Confirmations, WaitForConfirmation, type WaitForConfirmationProps } from '../src/index.ts';

const stack = new Stack(new App({ builtinCloudFormationValidation: false }), 'Stack');
const confirmations = new Confirmations(stack, 'Confirmations');
let made = 0;

/** A wait with whatever is not under test as it should be. */
function wait(props: Partial<WaitForConfirmationProps>): WaitForConfirmation {
  made += 1;
  const end = (id: string) => new Pass(stack, `${id}${made}`);
  return new WaitForConfirmation(stack, `Wait${made}`, {
    confirmations,
    owner: 'managers',
    deadline: Duration.days(3),
    confirmed: end('Confirmed'),
    rejected: end('Rejected'),
    expired: end('Expired'),
    ...props,
  });
}

interface Definition {
  States: Record<string, { TimeoutSeconds?: number; TimeoutSecondsPath?: string; Parameters?: { Payload: object } }>;
}

function definitionOf(fragment: WaitForConfirmation): Definition {
  const machineStack = Stack.of(fragment);
  const id = `Machine${made}`;
  const machine = new StateMachine(machineStack, id, { definitionBody: DefinitionBody.fromChainable(fragment) });
  const { DefinitionString } = Object.values(
    Template.fromStack(machineStack).findResources('AWS::StepFunctions::StateMachine', {}),
  ).map(({ Properties }) => Properties)[0];
  assert.ok(machine);
  return JSON.parse(
    DefinitionString['Fn::Join'][1].map((part: unknown) => (typeof part === 'string' ? part : 'X')).join(''),
  );
}

test('a wait that lacks what a wait needs does not synthesise, and says what to add', () => {
  const lacks = (name: keyof WaitForConfirmationProps, hint: RegExp) => {
    const props = { [name]: undefined } as unknown as Partial<WaitForConfirmationProps>;
    assert.throws(() => wait(props), hint);
  };
  lacks('deadline', /lacks a deadline, such as `deadline: Duration\.days\(3\)`/);
  lacks('rejected', /lacks a rejection path/);
  lacks('confirmed', /lacks what follows a confirmation/);
  lacks('expired', /lacks what follows when nobody answers/);
  lacks('owner', /lacks an owner, such as `owner: "managers"`/);
});

test('a policy or a schedule that cannot be is refused at synthesis, with the place', () => {
  const wrong = (props: Partial<WaitForConfirmationProps>, message: RegExp) =>
    assert.throws(() => wait(props), { name: 'WrongWait', message });
  wrong({ deadline: Duration.days(365) }, /schedule .* is wrong: \/deadline: .*364 days/);
  wrong({ deadline: Duration.seconds(0) }, /more than nothing/);
  wrong(
    { policy: { stages: [{ people: ['anna'], needed: 2 }] } },
    /policy .* \/stages\/0: More confirmations are needed/,
  );
  wrong({ schedule: { calendar: { timeZone: 'Mars/Olympus' } } }, /\/calendar\/timeZone/);
  wrong({ schedule: { atDeadline: 'escalate' } }, /says to whom/);
});

test('the task times out when the first thing is due, and then by what CheckDeadline says', () => {
  const { States } = definitionOf(
    wait({
      deadline: { businessDays: 5 },
      schedule: { reminders: { first: { days: 1 } } },
      policy: { stages: [{ groups: ['managers'], needed: 2 }] },
    }),
  );
  assert.equal(States['WaitForConfirmation']?.TimeoutSeconds, 23 * 60 * 60, 'a day may have lost an hour');
  assert.equal(States['KeepWaiting']?.TimeoutSecondsPath, '$.confirmation.seconds');
  assert.partialDeepStrictEqual(States['WaitForConfirmation']?.Parameters?.Payload, {
    'id.$': '$$.Execution.Name',
    'subject.$': '$',
    'taskToken.$': '$$.Task.Token',
    policy: { owner: 'managers', stages: [{ groups: ['managers'], needed: 2 }] },
    schedule: { deadline: { businessDays: 5 } },
  });
});
