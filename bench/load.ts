// node scripts/run.mjs bench/load.ts [--connections 10000 --seconds 5 --json]
// Another process has so many connections of one key: first they rest, then each asks for one execution after the other, without a pause when
// it is throttled. What that takes of memory, and what is noticed by a client with another key that asks for one thing at a time.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { percentiles, round } from './closed-loop.ts';
import { EngineUnderTest } from './engine-under-test.ts';
import type { FloodRequest, FloodTold } from './flood.ts';
import { apiClient, type Answers } from './load-client.ts';
import { inFolder, report } from './machine.ts';

const { values: options } = parseArgs({
  options: {
    connections: { type: 'string', default: '10000' },
    seconds: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
  },
});
const connections = Number(options.connections);
const seconds = Number(options.seconds);
const RESTING = { StartAt: 'Rest', States: { Rest: { Type: 'Wait', Seconds: 86_400, End: true } } };

/** One thing after the other for so many seconds. */
async function oneByOne(ask: () => Promise<string>) {
  const endMs = performance.now() + seconds * 1000;
  const latencies: number[] = [];
  const answers: Answers = {};
  for (let startedMs = performance.now(); startedMs < endMs; startedMs = performance.now()) {
    const answer = await ask();
    latencies.push(performance.now() - startedMs);
    answers[answer] = (answers[answer] ?? 0) + 1;
  }
  return { answers, count: latencies.length, ...percentiles(latencies) };
}

const rows = await inFolder(async (folder) => {
  const engine = await EngineUnderTest.start(folder, 1);
  const stateMachineArn = await engine.createStateMachine('resting', RESTING);
  const flood = fork(join(import.meta.dirname, 'flood.ts'), [engine.url, stateMachineArn, String(connections)]);
  const tell = (request: FloodRequest) => flood.send(request);
  const told = async () => ((await once(flood, 'message')) as [FloodTold])[0];
  const quiet = apiClient(engine.url, 'QUIET', 1);
  const ending = apiClient(engine.url, 'GREEDY', 1);
  /** Nobody has that token, so `InvalidToken` is the answer of one that was let in. */
  const heartbeat = { taskToken: 'none' };

  const look = async () => {
    const [starts, ends] = await Promise.all([
      oneByOne(() => quiet.ask('StartExecution', { stateMachineArn, input: '{}' })),
      oneByOne(() => ending.ask('SendTaskHeartbeat', heartbeat)),
    ]);
    const { rssBytes } = await engine.usage('measure');
    return {
      startP50Ms: starts.p50Ms,
      startP99Ms: starts.p99Ms,
      startsRefused: starts.count - (starts.answers['ok'] ?? 0),
      heartbeatP50Ms: ends.p50Ms,
      heartbeatP99Ms: ends.p99Ms,
      heartbeatsRefused: ends.count - (ends.answers['InvalidToken'] ?? 0),
      rssMegabytes: Math.round(rssBytes / 2 ** 20),
    };
  };

  try {
    const alone = await look();
    tell('open');
    await told();
    const open = await look();
    tell('ask');
    await told();
    const asked = await look();
    tell('enough');
    const end = await told();
    if (!('answers' in end)) throw new Error('the flood told no answers');
    const after = await look();
    const { ok = 0, ThrottlingException: throttled = 0, ...others } = end.answers;
    const theirs = {
      startedPerSecond: round(ok / end.seconds),
      throttledPerSecond: round(throttled / end.seconds),
      otherAnswers: Object.values(others).reduce((sum, count) => sum + count, 0),
    };
    return { alone, 'they rest': open, 'they ask': { ...asked, ...theirs }, afterwards: after };
  } finally {
    for (const client of [quiet, ending]) client.close();
    if (flood.connected) flood.disconnect();
    await engine.stop();
  }
});

report('load', `${connections} connections of one key, and a client with another.`, rows, options.json);
