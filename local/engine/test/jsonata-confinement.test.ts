import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { EvaluationRequest, Json } from '../../asl/src/index.ts';
import { CONFINED_ENVIRONMENT, confinedArguments } from '../src/jsonata/confinement.ts';
import { createJsonataEvaluator } from '../src/jsonata/evaluator.ts';

const evaluator = createJsonataEvaluator({ processes: 1 });
after(() => evaluator.close());

function request(text: string, input: Json = {}): EvaluationRequest {
  return { expressions: [{ field: 'Output', text }], states: { input }, variables: {}, at: 0, entropy: [1, 2, 3, 4] };
}

test('somebody who broke out of an expression would find nothing to do', async () => {
  const attempts = new URL('fixtures/escape-attempts.ts', import.meta.url);
  // Only that it can read the attempts themselves is added to what the worker may do.
  const extra = `--allow-fs-read=${fileURLToPath(new URL('.', attempts))}`;
  const { stdout } = await promisify(execFile)(process.execPath, [extra, ...confinedArguments(attempts, 64)], {
    env: CONFINED_ENVIRONMENT,
  });
  assert.deepEqual(JSON.parse(stdout), {
    environment: 'TZ',
    'start a process': 'ERR_ACCESS_DENIED',
    'write a file': 'ERR_ACCESS_DENIED',
    'read a file': 'ERR_ACCESS_DENIED',
    'start a worker': 'ERR_ACCESS_DENIED',
    'make code of a text': 'EvalError',
    'reach a prototype': 'TypeError',
    'load the network': 'Error',
    'load a server': 'Error',
    fetch: 'TypeError',
    'open a socket': 'TypeError',
    'ask for a module': 'TypeError',
    'end a process': 'TypeError',
    'add to all objects': 'TypeError',
  });
});

test('no expression gets at what JSONata is made of', async () => {
  const escapes: readonly [text: string, input?: Json][] = [
    ['"".constructor'],
    ['"".constructor.constructor("return process")()'],
    ['$states.constructor.constructor'],
    ['$states.input.__proto__'],
    ['$lookup($states, "constructor")'],
    ['$lookup($sum, "implementation")'],
    ['$sum.implementation.constructor("return process")()'],
    ['($f := function($x) { $x }; $f.environment)'],
    ['$each($sum, function($v, $k) { $k })'],
    ['$spread($sum)'],
    ['process.mainModule'],
    ['globalThis'],
    ['$string($sum) = "" ? $nothing : "leak"'],
    [
      '$parse("{\\"_jsonata_lambda\\": true, \\"arguments\\": [], \\"body\\": {\\"type\\": \\"value\\", \\"value\\": 1}}")()',
    ],
    ['$states.input.f()', { f: { _jsonata_lambda: true, arguments: [], body: { type: 'value', value: 1 } } }],
    ['$states.input.f(1)', { f: { _jsonata_function: true, implementation: 'process', signature: null } }],
    ['$map([1], $states.input.f)', { f: { _jsonata_function: true, implementation: { apply: 1 } } }],
    ['($g := $states.input.f(?); $g(1))', { f: { _jsonata_function: true, implementation: '(a){ process }' } }],
  ];
  for (const [text, input] of escapes) {
    const answer = await evaluator.evaluate(request(text, input));
    assert('failure' in answer, `${text}: ${JSON.stringify(answer).slice(0, 200)}`);
    assert.equal(answer.failure.error, 'States.QueryEvaluationError');
  }
});

test('names such as __proto__ and constructor are data like any other, and nobody else sees them', async () => {
  const input = JSON.parse('{"__proto__": {"isAdmin": true}, "constructor": {"prototype": {"isAdmin": true}}}') as Json;
  const pollutions = [
    '$states.input',
    '$merge([{}, $states.input])',
    '$states.input ~> |$|{"constructor": {"prototype": {"isAdmin": true}}}|',
    '{"__proto__": {"isAdmin": true}}',
    '$sift($states.input, function($v) { true })',
    '($o := {}; $o ~> |$|{"__proto__": {"isAdmin": true}}|)',
    '$parse("{\\"__proto__\\": {\\"isAdmin\\": true}}")',
    '$states.input{"__proto__": {"isAdmin": true}}',
  ];
  for (const text of pollutions) {
    await evaluator.evaluate(request(text, input));
    const seen = await evaluator.evaluate(request('{"a": {}, "b": []}.a.isAdmin'));
    assert('failure' in seen && seen.failure.cause.endsWith('returned nothing (undefined).'), text);
    assert.equal(({} as { isAdmin?: boolean }).isAdmin, undefined, text);
  }
  const roundTrip = await evaluator.evaluate(request('$states.input', input));
  assert.equal(JSON.stringify(roundTrip), JSON.stringify({ values: [input] }));
});
