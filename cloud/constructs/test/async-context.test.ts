import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { createNamespace, destroyNamespace, getNamespace } from '../src/async-context.ts';

test('a value follows a call through what it awaits, and calls at the same time do not see those of each other', async () => {
  const namespace = createNamespace('one');
  const seen: unknown[] = [];
  const call = (value: string): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    namespace.run(() => {
      namespace.set('segment', value);
      void turn()
        .then(() => seen.push(namespace.get('segment')))
        .then(() => resolve());
    });
    return promise;
  };
  await Promise.all([call('a'), call('b')]);
  assert.deepEqual(new Set(seen), new Set(['a', 'b']));
  assert.equal(namespace.get('segment'), undefined);
  assert.throws(() => namespace.set('segment', 'c'), /no context to keep "segment"/);
});

test('what is entered holds for the whole process, and a call within sees it and changes only its own', async () => {
  const namespace = createNamespace('two');
  const load = async (): Promise<void> => {
    await turn();
    namespace.enter(namespace.createContext());
    namespace.set('segment', 'facade');
  };
  await load();
  assert.equal(namespace.get('segment'), 'facade');
  let bound = (): unknown => undefined;
  namespace.run(() => {
    assert.equal(namespace.get('segment'), 'facade');
    namespace.set('segment', 'sub');
    bound = namespace.bind(() => namespace.get('segment'));
  });
  assert.equal(bound(), 'sub');
  assert.equal(namespace.get('segment'), 'facade');
});

test('a namespace is found by its name until it is destroyed', () => {
  const namespace = createNamespace('three');
  assert.equal(getNamespace('three'), namespace);
  destroyNamespace('three');
  assert.equal(getNamespace('three'), undefined);
});
