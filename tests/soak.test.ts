import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { endure, growths } from '../bench/endurance.ts';

// A quarter of a minute of what `npm run soak` does for an hour. How long a trip takes is not looked at: other tests run meanwhile.

test('under a load that goes on, neither the memory nor the handles of the engine grow', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'soak-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const samples = await endure(folder, {
    seconds: 14,
    perSecond: (ceiling) => ceiling * 0.3,
    clients: 16,
    ceilingSeconds: 2,
  });
  const trips = samples.reduce((sum, { tripsPerSecond }) => sum + tripsPerSecond, 0);
  assert.ok(trips > 0, 'no trip has ended');
  const found = growths(samples, {
    heapMegabytes: { share: 0.1, amount: 6 },
    handles: { share: 0, amount: 8 },
  });
  context.diagnostic(JSON.stringify(found));
  for (const [member, { grew }] of Object.entries(found)) assert.ok(!grew, `${member}: ${JSON.stringify(samples)}`);
  assert.ok('heapMegabytes' in found);
});
