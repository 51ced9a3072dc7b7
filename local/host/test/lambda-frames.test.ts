import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeFrame, FrameDecoder } from '../src/services/lambda-frames.ts';
import type { InvokeHeader } from '../src/services/lambda-frames.ts';

const plain = { noNullPrototype: true };
const header = fc.record(
  { requestId: fc.uuid(), deadlineMs: fc.nat(), functionArn: fc.string(), traceId: fc.string() },
  plain,
);
const frame = fc.record({ header, body: fc.string({ unit: 'grapheme' }) }, plain);

test('frames come out as they went in, however their bytes are cut', () => {
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 5 }), fc.integer({ min: 1, max: 200 }), (frames, size) => {
      const bytes = Buffer.concat(frames.map(({ header, body }) => encodeFrame(header, body)));
      const decoder = new FrameDecoder<InvokeHeader>(1_000_000);
      const decoded = [];
      for (let at = 0; at < bytes.length; at += size) decoded.push(...decoder.push(bytes.subarray(at, at + size)));
      assert.deepEqual(decoded, frames);
    }),
  );
});

test('what announces more than it may is refused before it is held', () => {
  const decoder = new FrameDecoder<InvokeHeader>(1000);
  const prefix = Buffer.alloc(8);
  prefix.writeUInt32LE(993, 4);
  assert.throws(() => decoder.push(prefix), RangeError);
});
