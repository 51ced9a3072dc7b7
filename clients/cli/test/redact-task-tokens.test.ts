import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HIDDEN_TOKEN, taskTokenRedactor } from '../src/redact-task-tokens.ts';

const TOKEN = 'AQCEAAAAKgAAAAMAAAAA-the-token-of-a-task';

function assertHidden(value: unknown, definition?: unknown): unknown {
  const redacted = taskTokenRedactor(definition === undefined ? undefined : JSON.stringify(definition))(value);
  assert.ok(!JSON.stringify(redacted).includes(TOKEN), JSON.stringify(redacted));
  return redacted;
}

for (const name of ['TaskToken', 'taskToken', 'task_token', 'task-token', 'TASKTOKEN', 'Token']) {
  test(`a member named ${name} is hidden, in JSON text too`, () => {
    const parameters = JSON.stringify({ Payload: { [name]: TOKEN, order: 'apples' } });
    assert.deepEqual(assertHidden({ parameters }), {
      parameters: JSON.stringify({ Payload: { [name]: HIDDEN_TOKEN, order: 'apples' } }),
    });
  });
}

test('a name that only the definition knows is hidden, in JSONPath and in JSONata', () => {
  const path = { States: { Wait: { Parameters: { 'reply.$': '$$.Task.Token' } } } };
  const jsonata = { States: { Wait: { Arguments: { reply: '{% $states.context.Task.Token %}' } } } };
  for (const definition of [path, jsonata]) {
    assert.deepEqual(assertHidden({ input: `{"reply":"${TOKEN}"}` }, definition), {
      input: `{"reply":"${HIDDEN_TOKEN}"}`,
    });
  }
});

test('a token that an intrinsic function built into a text is hidden with the text', () => {
  const definition = { Parameters: { 'link.$': "States.Format('https://example.com/{}', $$.Task.Token)" } };
  assertHidden({ parameters: `{"link":"https://example.com/${TOKEN}"}` }, definition);
});

test('a token is hidden wherever its value turns up again, in a later page too', () => {
  const redact = taskTokenRedactor(undefined);
  redact([{ parameters: `{"TaskToken":"${TOKEN}"}` }]);
  assert.deepEqual(redact({ cause: `function failed with ${TOKEN} in hand` }), {
    cause: `function failed with ${HIDDEN_TOKEN} in hand`,
  });
});

test('a token inside JSON text inside JSON text is hidden', () => {
  const body = JSON.stringify({ TaskToken: TOKEN });
  assertHidden({ output: JSON.stringify({ body: JSON.stringify([body]) }) });
});

test('what holds no token stays as it was, to the letter', () => {
  const timestamp = new Date(0);
  const event = {
    id: 1,
    timestamp,
    input: '{ "order" : 1.50,\n "pageToken": "next" }',
    brackets: '[not json',
    empty: null,
  };
  assert.deepEqual(taskTokenRedactor('{"States":{}}')(event), event);
});
