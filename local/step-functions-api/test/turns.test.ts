import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Turns } from '../src/turns.ts';

/** Turns whose work lasts until it is ended by its name, and what has become of each. */
function open(load: { underWay: number; waiting: number; late?: number }) {
  const begun: string[] = [];
  const refused: string[] = [];
  const told: number[] = [];
  const ends = new Map<string, () => void>();
  const turns = new Turns({ late: 10, ...load }, (count) => told.push(count));
  const take = async (name: string, client: string, action: string): Promise<void> => {
    try {
      await turns.enter(action, client);
    } catch (error) {
      assert.equal((error as Error).name, 'ThrottlingException');
      refused.push(name);
      return;
    }
    begun.push(name);
    await new Promise<void>((resolve) => ends.set(name, resolve));
    turns.leave(action);
  };
  const ask = async (names: readonly string[], client: string, action = 'StartExecution'): Promise<void> => {
    for (const name of names) void take(name, client, action);
    await settled();
  };
  const end = async (...names: string[]): Promise<void> => {
    for (const name of names) {
      ends.get(name)?.();
      await settled();
    }
  };
  return { begun, refused, told, ask, end };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('so many are under way, and the clients that wait take turns', async () => {
  const { ask, end, begun, refused } = open({ underWay: 2, waiting: 10 });
  await ask(['a1', 'a2', 'a3', 'a4', 'a5'], 'a');
  await ask(['b1', 'b2'], 'b');
  await ask(['c1'], 'c');
  assert.deepEqual(begun, ['a1', 'a2']);
  await end('a1', 'a2', 'a3', 'b1', 'c1', 'a4');
  assert.deepEqual(begun, ['a1', 'a2', 'a3', 'b1', 'c1', 'a4', 'b2', 'a5']);
  assert.deepEqual(refused, []);
});

test('when nobody more can wait, the latest of the longest line is refused', async () => {
  const { ask, end, begun, refused, told } = open({ underWay: 1, waiting: 4 });
  await ask(['a0', 'a1', 'a2', 'a3', 'a4', 'a5', 'a6'], 'a');
  assert.deepEqual(refused, ['a5', 'a6']);
  await ask(['b1'], 'b');
  await ask(['b2'], 'b');
  assert.deepEqual(refused, ['a5', 'a6', 'a4', 'a3']);
  // Now both have two that wait, and neither pushes the other out.
  await ask(['b3'], 'b');
  await ask(['a7'], 'a');
  assert.deepEqual(refused.slice(4), ['b3', 'a7']);
  await end('a0', 'a1', 'b1', 'a2', 'b2');
  assert.deepEqual(begun, ['a0', 'a1', 'b1', 'a2', 'b2']);
  await ask(['a8'], 'a');
  assert.equal(begun.at(-1), 'a8');
  assert.deepEqual(told, [1, 2, 4]);
});

test('what ends work waits for nobody and is never refused', async () => {
  const { ask, end, begun, refused } = open({ underWay: 1, waiting: 1 });
  await ask(['a1', 'a2', 'a3'], 'a');
  const ending = ['SendTaskSuccess', 'SendTaskFailure', 'SendTaskHeartbeat', 'StopExecution'];
  for (const action of ending) await ask([action], 'a', action);
  assert.deepEqual(begun, ['a1', ...ending]);
  assert.deepEqual(refused, ['a3']);
  // While that is under way, nothing more is begun.
  await end('a1');
  assert.ok(!begun.includes('a2'));
  await end(...ending);
  assert.ok(begun.includes('a2'));
});

test('what is answered late takes no place from others, and is bounded by action', async () => {
  const { ask, end, begun, refused } = open({ underWay: 1, waiting: 1, late: 2 });
  await ask(['s1', 's2', 's3'], 'a', 'StartSyncExecution');
  await ask(['p1'], 'a', 'GetActivityTask');
  await ask(['a1'], 'a');
  assert.deepEqual(begun, ['s1', 's2', 'p1', 'a1']);
  assert.deepEqual(refused, ['s3']);
  await end('s1');
  await ask(['s4'], 'a', 'StartSyncExecution');
  assert.equal(begun.at(-1), 's4');
});
