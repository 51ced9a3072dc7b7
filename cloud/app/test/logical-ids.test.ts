import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resourcesOf, synthesise } from './synthesised.ts';

/**
 * CloudFormation takes a resource with another logical id for another resource: it makes a new one and drops the old one.
 * So these may not change, nor the ids and the nesting of the constructs that they are made of.
 *
 * If this test fails, undo what moved the construct. If it must move, keep its id with `Stack.renameLogicalId`, or carry over
 * what it holds, and say in CHANGELOG.md what whoever upgrades has to do.
 */
const KEPT: Readonly<Record<string, { readonly because: string; readonly ids: readonly string[] }>> = {
  'AWS::S3::Bucket': {
    because:
      'what waits would wait for ever: its tokens, and the records of all that was decided, stay in the old bucket',
    ids: ['ConfirmationsStoreAccessLog3BF3907F', 'ConfirmationsStoreBucket1EC54CD2'],
  },
  'AWS::StepFunctions::StateMachine': {
    because: 'deleting a state machine stops its executions: every order that waits would be lost',
    ids: ['OrderStateMachineC078F95C'],
  },
  'AWS::Cognito::UserPool': {
    because: 'nobody could sign in: users, their groups and second factors stay in the old pool',
    ids: ['OrdersApiPeopleUserPool72F86271'],
  },
  'AWS::Cognito::UserPoolDomain': {
    because: 'the new domain has the name of the old one, which is still there: the deployment fails',
    ids: ['OrdersApiPeopleUserPoolSignInDACC352B'],
  },
  'AWS::ApiGatewayV2::Api': {
    because: 'the API gets another address: links in mailboxes and bookmarks lead nowhere',
    ids: ['OrdersApiHttpApi6610505F'],
  },
  'AWS::SecretsManager::Secret': {
    because: 'links that were sent could not be verified: the key that signed them is gone',
    ids: ['ConfirmationsNotificationsLinkKey5257EF3F'],
  },
  'AWS::KMS::Key': {
    because: 'what the old key has encrypted stays readable only as long as nobody deletes it',
    ids: ['Key961B73FD'],
  },
};

const template = synthesise({ ownKey: true, mail: { from: 'orders@example.com' } });

for (const [type, { because, ids }] of Object.entries(KEPT)) {
  test(`the logical id of ${type} stays: otherwise ${because}`, () => {
    assert.deepEqual(
      resourcesOf(template, type)
        .map(([id]) => id)
        .sort(),
      ids,
    );
  });
}
