import assert from 'node:assert/strict';
import { HostError } from '../src/errors.ts';

/** What was refused: the sentence and the next step. Anything but a refusal fails the test. */
export async function refusalOf(act: () => unknown): Promise<HostError> {
  let thrown: unknown;
  try {
    await act();
  } catch (error) {
    thrown = error;
  }
  if (thrown !== undefined && !(thrown instanceof HostError)) throw thrown;
  assert.ok(thrown, 'it was not refused');
  assert.match(thrown.message, /^\S[^\n]*\.$/v, 'a refusal is one sentence');
  assert.notEqual(thrown.nextStep, '');
  return thrown;
}
