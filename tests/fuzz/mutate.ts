import fc from 'fast-check';
import type { Chance } from '../simulation/chance.ts';

/** What tends to break those who read it. */
export const HOSTILE: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  1.5,
  1e308,
  -0,
  2 ** 53,
  '',
  '$',
  '$.a.b',
  '$..*',
  '$[0:9999999]',
  '$$.Task.Token',
  '$[?(@.a =~ /(a+)+$/)]',
  '{% $ %}',
  '{% 1 + %}',
  '{% $states.input.__proto__ %}',
  '{% $constructor %}',
  "States.Format('{}', $)",
  'States.ArrayRange(0, 999999999, 1)',
  '__proto__',
  'constructor',
  '../../../../etc/passwd',
  '\u0000',
  '\ud800',
  'x'.repeat(5_000),
  [],
  {},
  [[]],
  [null],
  { __proto__: null },
  JSON.parse('{"__proto__": {"polluted": true}}'),
  JSON.parse('{"constructor": {"prototype": {"polluted": true}}}'),
  { 'a.$': '$' },
];

/** The value with some of its parts replaced, removed, doubled or put elsewhere. */
export function mutated(value: unknown, chance: Chance, times = chance.between(1, 4)): unknown {
  let changed: unknown = structuredClone(value);
  for (let time = 0; time < times; time++) changed = changedOnce(changed, chance, partsOf(changed));
  return changed;
}

type Holder = Record<string, unknown>;
interface Part {
  readonly holder: Holder;
  readonly key: string;
}

function changedOnce(value: unknown, chance: Chance, parts: readonly Part[]): unknown {
  if (parts.length === 0) return chance.pick(HOSTILE);
  const { holder, key } = chance.pick(parts);
  const other = chance.pick(parts);
  // JSON has no arrays with members that have names.
  const lot = Array.isArray(holder) ? chance.pick([0, 1, 3, 4]) : chance.between(0, 5);
  switch (lot) {
    case 0:
      if (Array.isArray(holder)) holder.splice(Number(key), 1);
      else delete holder[key];
      break;
    case 1:
      own(holder, key, structuredClone(other.holder[other.key]));
      break;
    case 2:
      own(holder, chance.pick(['__proto__', 'constructor', 'End', 'Next', 'x'.repeat(90), '']), holder[key]);
      break;
    case 3:
      own(holder, key, fc.sample(fc.jsonValue({ maxDepth: 3 }), { seed: chance.between(0, 1e9), numRuns: 1 })[0]);
      break;
    default:
      own(holder, key, structuredClone(chance.pick(HOSTILE)));
  }
  return value;
}

/** A member of its own, whatever it is called. */
function own(holder: Holder, key: string, value: unknown): void {
  Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
}

function partsOf(value: unknown): Part[] {
  if (typeof value !== 'object' || value === null) return [];
  const holder = value as Holder;
  return Object.keys(holder).flatMap((key) => [{ holder, key }, ...partsOf(holder[key])]);
}
