import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ExecutionStore } from '../src/execution-store.ts';
import type { ResourceStore } from '../src/resource-store.ts';

/** What every store must keep of what has a name. `open` gives an empty one. */
export function resourceStoreContract(name: string, open: () => ExecutionStore): void {
  const check = (title: string, body: (resources: ResourceStore, store: ExecutionStore) => void): void => {
    test(`${name}: ${title}`, () => {
      const store = open();
      try {
        body(store.resources, store);
      } finally {
        store.close();
      }
    });
  };

  check('a number is given to one version only, also after that version is deleted', (resources) => {
    const [first, second] = [addMachine(resources, 'first'), addMachine(resources, 'second')];
    const publish = (stateMachineId: number): number =>
      resources.insertVersion({ stateMachineId, revisionId: 1, description: null, createdAtMs: 1 });
    assert.deepEqual([publish(first), publish(first), publish(second)], [1, 2, 1]);
    resources.deleteVersion(first, 2);
    assert.equal(resources.findVersion(first, 2), undefined);
    assert.equal(publish(first), 3);
    assert.equal(resources.countVersions(first), 2);
    const numbers = (before: number, limit: number): number[] =>
      resources.listVersions(first, before, limit).map(({ number }) => number);
    assert.deepEqual(numbers(99, 9), [3, 1]);
    assert.deepEqual(numbers(3, 9), [1]);
    assert.deepEqual(numbers(99, 1), [3]);
  });

  check('a number that was given in a transaction that came to nothing is given again', (resources, store) => {
    const stateMachineId = addMachine(resources, 'm');
    const version = { stateMachineId, revisionId: 1, description: 'first', createdAtMs: 1 };
    assert.throws(() =>
      store.transact(() => {
        resources.insertVersion(version);
        throw new Error('boom');
      }),
    );
    assert.equal(
      store.transact(() => resources.insertVersion(version)),
      1,
    );
    assert.deepEqual(resources.findVersion(stateMachineId, 1), { ...version, number: 1 });
  });

  check('an alias is known by its state machine and its name, and listed by age', (resources) => {
    const [first, second] = [addMachine(resources, 'first'), addMachine(resources, 'second')];
    const alias = {
      stateMachineId: first,
      name: 'PROD',
      description: null,
      routing: [
        { version: 1, weight: 20 },
        { version: 2, weight: 80 },
      ],
      createdAtMs: 1,
      updatedAtMs: 1,
    };
    resources.insertAlias(alias);
    resources.insertAlias({ ...alias, name: 'AAA' });
    resources.insertAlias({ ...alias, stateMachineId: second });
    const names = (): string[] => resources.listAliases(first).map(({ name: listed }) => listed);
    assert.deepEqual(names(), ['PROD', 'AAA']);
    const { id, ...found } = resources.findAlias(first, 'PROD') ?? assert.fail('the alias is not found');
    assert.deepEqual(found, alias);
    const changes = { description: 'changed', routing: [{ version: 3, weight: 100 }], updatedAtMs: 2 };
    resources.updateAlias(id, changes);
    assert.deepEqual(resources.findAlias(first, 'PROD'), { ...alias, ...changes, id });
    resources.deleteAlias(id);
    assert.deepEqual(names(), ['AAA']);
    assert.equal(resources.listAliases(second).length, 1);
  });

  check('activities are listed newest first, page by page', (resources) => {
    const encryptionConfiguration = { type: 'AWS_OWNED_KEY' };
    for (const [at, activity] of ['a', 'b', 'c'].entries())
      resources.insertActivity({ name: activity, encryptionConfiguration, createdAtMs: at });
    const [newest, ...others] = resources.listActivities(99, 9);
    assert.deepEqual([newest?.name, ...others.map(({ name: listed }) => listed)], ['c', 'b', 'a']);
    assert.deepEqual(newest?.encryptionConfiguration, encryptionConfiguration);
    assert.deepEqual(
      resources.listActivities(newest.id, 1).map(({ name: listed }) => listed),
      ['b'],
    );
    resources.deleteActivity(newest.id);
    assert.equal(resources.findActivity('c'), undefined);
    assert.equal(resources.findActivity('b')?.createdAtMs, 1);
  });

  check('tags are replaced as a whole and keep their order', (resources) => {
    const tags = [
      { key: 'z', value: '1' },
      { key: 'a', value: '' },
    ];
    assert.deepEqual(resources.tagsOf('arn'), []);
    resources.putTags('arn', tags);
    assert.deepEqual(resources.tagsOf('arn'), tags);
    resources.putTags('arn', tags.slice(1));
    assert.deepEqual(resources.tagsOf('arn'), [{ key: 'a', value: '' }]);
    resources.putTags('arn', []);
    assert.deepEqual(resources.tagsOf('arn'), []);
  });
}

function addMachine(resources: ResourceStore, name: string): number {
  return resources.insertStateMachine({ name, type: 'STANDARD', status: 'ACTIVE', createdAtMs: 1 });
}
