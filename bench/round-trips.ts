import { closedLoop, round } from './closed-loop.ts';
import type { EngineUnderTest, Usage } from './engine-under-test.ts';

interface Load {
  readonly clients: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
}

/** Round trips by so many clients, and what one of them costs the engine. */
export async function roundTrips(engine: EngineUnderTest, stateMachineArn: string, load: Load) {
  const looks: (Usage & { readonly trips: number })[] = [];
  const look = async (request: 'begin' | 'measure'): Promise<void> => {
    looks.push({ ...(await engine.usage(request)), trips: engine.trips });
  };
  const measured = await closedLoop({
    ...load,
    trip: () => engine.trip(stateMachineArn),
    onBegin: () => look('begin'),
    onEnd: () => look('measure'),
  });
  const [before, after] = looks;
  if (before === undefined || after === undefined) throw new Error('the engine was not looked at');
  const perTrip = (member: 'cpuMicroseconds' | 'commits' | 'diskBytes'): number =>
    (after[member] - before[member]) / (after.trips - before.trips);
  return {
    roundTripsPerSecond: measured.perSecond,
    p50Ms: measured.p50Ms,
    p99Ms: measured.p99Ms,
    engineCpuMicrosecondsPerTrip: Math.round(perTrip('cpuMicroseconds')),
    commitsPerTrip: round(perTrip('commits')),
    bytesOnDiskPerTrip: Math.round(perTrip('diskBytes')),
    rssMegabytes: Math.round(after.rssBytes / 2 ** 20),
    loopDelayP99Ms: round(after.loopDelayP99Ms),
  };
}
