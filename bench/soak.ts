// npm run soak [-- --minutes 60 --share 0.8 --clients 64 --json]     npm run soak -- --minutes 30 --rate 50
// Loads the engine for a long time with a share of what it can do here, or with so many round trips a second, and says whether its memory, its handles or its latencies grow.
// It ends with 1 if one of them does. A run of an hour writes some 50 GB, below the folder of temporary files.
import { parseArgs } from 'node:util';
import { endure, growths, type Sample, type Watched } from './endurance.ts';
import type { Growth, Tolerance } from './growth.ts';
import { inFolder, machine } from './machine.ts';

const { values: options } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    share: { type: 'string', default: '0.8' },
    rate: { type: 'string' },
    clients: { type: 'string', default: '64' },
    json: { type: 'boolean', default: false },
  },
});

/** Beyond what differs from quarter to quarter where nothing grows. */
const TOLERANCES: Readonly<Record<Watched, Tolerance>> = {
  heapMegabytes: { share: 0.1, amount: 10 },
  rssMegabytes: { share: 0.2, amount: 50 },
  handles: { share: 0, amount: 10 },
  underWay: { share: 1, amount: 50 },
  p50Ms: { share: 0.5, amount: 2 },
  p99Ms: { share: 1, amount: 20 },
  loopDelayP99Ms: { share: 1, amount: 10 },
};

/** @throws {RangeError} if it is no number within the bounds. */
function numberWithin(option: string, text: string, least: number, most: number): number {
  const number = Number(text);
  if (text.trim() !== '' && number >= least && number <= most) return number;
  throw new RangeError(`--${option} is a number from ${least} to ${most}, not "${text}"`);
}

const minutes = numberWithin('minutes', options.minutes, 0.2, 10_000);
const share = numberWithin('share', options.share, 0.01, 1);
const rate = options.rate === undefined ? undefined : numberWithin('rate', options.rate, 1, 100_000);
const clients = numberWithin('clients', options.clients, 1, 10_000);

const say = (event: string, fields: object, sentence: string): void =>
  console.log(options.json ? JSON.stringify({ event, ...fields }) : sentence);

const columns: readonly (keyof Sample)[] = [
  'minute',
  'tripsPerSecond',
  'p50Ms',
  'p99Ms',
  'underWay',
  'rssMegabytes',
  'heapMegabytes',
  'handles',
  'diskMegabytes',
  'loopDelayP99Ms',
];
const line = (cells: readonly unknown[]): string => cells.map((cell) => String(cell).padStart(15)).join('');

function sentenceOf(member: string, { before, after, most, grew }: Growth): string {
  const figures = `${before} in the second quarter, ${after} in the last, of at most ${most}`;
  return `${grew ? 'grew' : 'holds'}  ${member}: ${figures}`;
}

const samples = await inFolder((folder) =>
  endure(folder, {
    seconds: minutes * 60,
    perSecond: (ceilingPerSecond) => rate ?? ceilingPerSecond * share,
    clients,
    ceilingSeconds: 25,
    onCeiling: ({ ceilingPerSecond, perSecond }) => {
      const most = `${clients} clients make ${ceilingPerSecond} round trips a second here`;
      const sentence = `${most}; ${perSecond} begin every second for ${minutes} minutes.\n${line(columns)}`;
      say('ceiling', { machine, ceilingPerSecond, perSecond }, sentence);
    },
    onSample: (sample) => say('sample', sample, line(columns.map((member) => sample[member]))),
  }),
);
if (!options.json) {
  console.log(
    'The median of the last quarter is held against that of the second; each may be larger by a share and an amount.',
  );
}
const found = growths(samples, TOLERANCES);
for (const [member, growth] of Object.entries(found)) say('growth', { member, ...growth }, sentenceOf(member, growth));
process.exitCode = Object.values(found).some(({ grew }) => grew) ? 1 : 0;
