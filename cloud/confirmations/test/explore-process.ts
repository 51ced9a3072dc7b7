// Goes through each scenario whose title it is told, and says what it found, or what was not true.
import assert from 'node:assert/strict';
import { explore, PROTOCOL, UNREAD } from './explore.ts';
import { SCENARIOS } from './interleavings.ts';

// Refusals are thrown a hundred thousand times here, and nobody looks at where: the message says what was done before.
Error.stackTraceLimit = 0;

process.on('message', ({ title, isUnread }: { title: string; isUnread: boolean }) => {
  const scenario = SCENARIOS[title] ?? assert.fail(`There is no scenario "${title}".`);
  void explore(scenario, isUnread ? UNREAD : PROTOCOL).then(
    ({ states, ends, outcomes }) => process.send?.({ states, ends, outcomes: [...outcomes] }),
    (error: unknown) => process.send?.({ why: String(error) }),
  );
});
