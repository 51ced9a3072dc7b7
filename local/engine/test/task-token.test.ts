import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { mock, test } from 'node:test';
import { mintTaskToken, parseTaskToken, replaceTaskTokens } from '../src/task-token.ts';

const key = new Uint8Array(32).fill(7);
const token = (executionId: number) => mintTaskToken(key, { executionId, effectId: 3 });

/** How many proofs are made meanwhile: each is one keyed hash. */
function proofsDuring(work: () => void): number {
  const counted = mock.method(crypto, 'createHmac');
  syncBuiltinESMExports();
  try {
    work();
    return counted.mock.callCount();
  } finally {
    counted.mock.restore();
    syncBuiltinESMExports();
  }
}

test('tokens are hidden wherever they stand, and what only looks like one is left', () => {
  const lookalike = `AQA${'A'.repeat(44)}`;
  assert.equal(parseTaskToken(key, lookalike), undefined);
  const text = `${lookalike} ${token(1)}AQA${token(2)}"${token(1)}`;
  assert.equal(replaceTaskTokens(key, text, '…'), `${lookalike} …AQA…"…`);
});

test('hiding tokens costs a bounded number of proofs, whatever a text holds', () => {
  const length = 256 * 1024;
  const numbered = (width: number) => (_: unknown, index: number) => `AQA${index.toString(36).padStart(width, '0')}`;
  const texts = [
    'AQA'.repeat(length / 3),
    'AQAA'.repeat(length / 4),
    // Each place begins something else.
    Array.from({ length: length / 7 }, numbered(4)).join(''),
    Array.from({ length: length / 48 }, numbered(43)).join('A '),
  ];
  for (const text of texts) {
    let hidden = '';
    const proofs = proofsDuring(() => (hidden = replaceTaskTokens(key, `${token(1)} ${text} ${token(2)}`, '…')));
    assert.ok(proofs <= 1_010, `${proofs} proofs for ${text.slice(0, 20)}`);
    assert.ok(hidden.startsWith('… ') && hidden.endsWith(' …'), 'the tokens before and after it are hidden');
  }
});

test('what repeats in a text is not taken for tokens, however often it does', () => {
  // Numbers in Base64, as programs that write binary data have them.
  const numbers = Buffer.from(new Int32Array(20_000).fill(1).buffer).toString('base64url');
  assert.ok(numbers.split('AQA').length > 5_000);
  assert.equal(replaceTaskTokens(key, numbers, '…'), numbers);
});
