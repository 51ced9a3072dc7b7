import { readdirSync, statfsSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { round } from './closed-loop.ts';
import { EngineUnderTest, type Usage } from './engine-under-test.ts';
import { growthOf, type Growth, type Tolerance } from './growth.ts';
import { OpenLoop } from './open-loop.ts';
import { roundTrips } from './round-trips.ts';

export interface Endurance {
  /** Of the load, once the ceiling is known. */
  readonly seconds: number;
  /** How many trips begin each second, where so many are the most that can be made. */
  readonly perSecond: (ceilingPerSecond: number) => number;
  /** Which find the ceiling in a closed loop. */
  readonly clients: number;
  readonly ceilingSeconds: number;
  readonly onCeiling?: (found: { readonly ceilingPerSecond: number; readonly perSecond: number }) => void;
  readonly onSample?: (sample: Sample) => void;
}

export interface Sample {
  readonly minute: number;
  readonly tripsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Trips that have begun and not ended. */
  readonly underWay: number;
  readonly rssMegabytes: number;
  /** What is alive: measured after all that is not was collected. */
  readonly heapMegabytes: number;
  /** Open files and sockets of the process. NaN where there is no `/proc`. */
  readonly handles: number;
  readonly diskMegabytes: number;
  readonly loopDelayP99Ms: number;
}

/** What must not grow. Disk is not among it: an execution is kept. */
export type Watched = Exclude<keyof Sample, 'minute' | 'tripsPerSecond' | 'diskMegabytes'>;

const MINUTE_SECONDS = 60;
const SAMPLES_MIN = 16;
const MEGABYTE = 2 ** 20;

/**
 * Finds how many round trips a second the engine can make here, then loads it with what was asked for a long time, and
 * looks at it every minute: sixteen times at least, so more often in a short run.
 *
 * @throws if a trip fails, if the engine falls ever further behind, or if the disk has no room for what will be kept.
 */
export async function endure(folder: string, endurance: Endurance): Promise<readonly Sample[]> {
  const { clients, ceilingSeconds, seconds, onCeiling, onSample } = endurance;
  const engine = await EngineUnderTest.start(folder, clients);
  try {
    const stateMachineArn = await engine.createStateMachine('endurance');
    const load = { clients, seconds: ceilingSeconds, warmUpSeconds: ceilingSeconds / 5 };
    const { roundTripsPerSecond, bytesOnDiskPerTrip } = await roundTrips(engine, stateMachineArn, load);
    const perSecond = Math.max(1, Math.round(endurance.perSecond(roundTripsPerSecond)));
    onCeiling?.({ ceilingPerSecond: roundTripsPerSecond, perSecond });
    assertRoom(folder, perSecond * seconds * bytesOnDiskPerTrip);
    const loop = new OpenLoop(perSecond, () => engine.trip(stateMachineArn));
    return await watch(engine, loop, { seconds, ...(onSample && { onSample }) });
  } finally {
    await engine.stop();
  }
}

async function watch(
  engine: EngineUnderTest,
  loop: OpenLoop,
  { seconds, onSample }: Pick<Endurance, 'seconds' | 'onSample'>,
): Promise<readonly Sample[]> {
  const everySeconds = Math.min(MINUTE_SECONDS, seconds / SAMPLES_MIN);
  const samples: Sample[] = [];
  const beganMs = performance.now();
  let lastMs = beganMs;
  await engine.usage('collect');
  for (let nth = 1; nth <= Math.round(seconds / everySeconds); nth++) {
    await pause(beganMs + nth * everySeconds * 1000 - performance.now());
    const nowMs = performance.now();
    const { trips, ...noticed } = loop.take();
    const usage = await engine.usage('collect');
    const sample = {
      minute: round((nowMs - beganMs) / 60_000),
      tripsPerSecond: Math.round((trips * 1000) / (nowMs - lastMs)),
      ...noticed,
      ...figuresOf(usage),
      handles: handlesOf(engine.process.pid ?? 0),
    };
    lastMs = nowMs;
    samples.push(sample);
    onSample?.(sample);
  }
  await loop.end();
  return samples;
}

function figuresOf({ rssBytes, heapBytes, diskBytes, loopDelayP99Ms }: Usage) {
  return {
    rssMegabytes: round(rssBytes / MEGABYTE),
    heapMegabytes: round(heapBytes / MEGABYTE),
    diskMegabytes: Math.round(diskBytes / MEGABYTE),
    loopDelayP99Ms: round(loopDelayP99Ms),
  };
}

function handlesOf(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return NaN;
  }
}

/** Executions are kept: many gigabytes an hour. A full disk would be known too late. */
function assertRoom(folder: string, neededBytes: number): void {
  const { bavail, bsize } = statfsSync(folder);
  const freeBytes = bavail * bsize * 0.9;
  if (!(neededBytes > freeBytes)) return;
  const gigabytes = (bytes: number): string => (bytes / 2 ** 30).toFixed(1);
  throw new Error(
    `${folder} would take ${gigabytes(neededBytes)} GiB, and has room for ${gigabytes(freeBytes)}. ` +
      'Say fewer minutes or a smaller share, or name another folder by TMPDIR.',
  );
}

/** What grew of what is watched, and what did not, by {@link growthOf}; what cannot be measured here is left out. */
export function growths(
  samples: readonly Sample[],
  tolerances: Readonly<Partial<Record<Watched, Tolerance>>>,
): Readonly<Record<string, Growth>> {
  const measured = Object.entries(tolerances).flatMap(([member, tolerance]) => {
    const values = samples.map((sample) => sample[member as Watched]);
    return values.some(Number.isNaN) ? [] : [[member, growthOf(values, tolerance)] as const];
  });
  return Object.fromEntries(measured);
}
