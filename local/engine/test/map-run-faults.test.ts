import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from '../../asl/src/index.ts';
import type { MapIo } from '../src/map-io.ts';
import { distributed, ended, eventsOf, mapBench, typesOf, until } from './map-run-bench.ts';

test('an item that the selector can make nothing of fails the Map, and not the executions beside it', async () => {
  const definition = distributed({ ItemSelector: { 'id.$': '$$.Map.Item.Value.id' } });
  const { engine, machine } = await mapBench(definition, ({ parameters }) => ({ output: parameters }));
  const bad = await engine.startExecution({ stateMachineArn: machine, input: '[{"id":1},{}]' });
  const good = await engine.startExecution({ stateMachineArn: machine, input: '[{"id":1},{"id":2}]' });
  const { status, error, cause } = await ended(engine, bad.executionArn);
  assert.deepEqual([status, error], ['FAILED', 'States.Runtime']);
  assert.match(cause ?? '', /An error occurred while executing the state 'Each' \(entered at the event id #2\)/);
  assert.ok(typesOf(engine, bad.executionArn).includes('MapRunFailed'));
  assert.equal((await ended(engine, good.executionArn)).output, '[{"id":1},{"id":2}]');
  await engine.close();
});

test('a fault that does not pass is logged once and ends the Map Run, and nobody else', async (t) => {
  const logged: string[] = [];
  async function* broken(): AsyncGenerator<Json> {
    await Promise.resolve();
    yield 1;
    throw new TypeError('a fault of ours');
  }
  const mapIo: MapIo = { readItems: broken, writeResults: () => Promise.resolve(null) };
  const ItemReader = {
    Resource: 'arn:aws:states:::s3:getObject',
    ReaderConfig: { InputType: 'JSONL' },
    Parameters: { Bucket: 'b', Key: 'k' },
  };
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { engine, machine } = await mapBench(distributed({ ItemReader }), () => ({ output: null }), {
    mapIo,
    log: (event) => void (event === 'map-run.fault' && logged.push(event)),
  });
  const { executionArn } = await engine.startExecution({ stateMachineArn: machine });
  await until(() => logged.length === 1);
  for (let turn = 0; turn < 500; turn++) {
    t.mock.timers.tick(10_000);
    await new Promise(setImmediate);
  }
  const { status, error } = await ended(engine, executionArn);
  assert.deepEqual([status, error, logged.length], ['FAILED', 'States.Runtime', 1]);
  const failed = eventsOf(engine, executionArn).find(({ type }) => type === 'MapRunFailed');
  assert.match(JSON.stringify(failed), /a fault of ours/);
  t.mock.timers.reset();
  await engine.close();
});
