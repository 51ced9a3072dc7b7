import { createHash } from 'node:crypto';
import type { Expression, Focus } from 'jsonata';
import type { Chance } from '../../../asl/src/index.ts';
import { javaRandom } from './java-random.ts';

/**
 * Gives an expression the functions that Step Functions adds to JSONata. As with JSONata's own, nothing (undefined) for the
 * first argument gives nothing.
 *
 * @param chance gives the chance of the request that is being evaluated.
 * @see https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html#jsonata-functions-provided-by-sfn
 */
export function addFunctions(expression: Expression, chance: () => Chance): void {
  expression.registerFunction('partition', partition, '<an:a<a>>');
  expression.registerFunction('range', range, '<nnn:a<n>>');
  expression.registerFunction('hash', hash, '<ss:s>');
  expression.registerFunction('random', (seed?: number) => random(seed, chance()), '<n?:n>');
  expression.registerFunction('uuid', () => chance().uuid(), '<:s>');
  expression.registerFunction('parse', parse, '<s:x>');
}

/** An array of arrays, as it is: unlike a sequence, one of a single chunk stays one. */
function partition(items: readonly unknown[] | undefined, size: number | undefined): unknown[][] | undefined {
  if (items === undefined || size === undefined) return undefined;
  if (!Number.isInteger(size) || size < 1)
    throw fault('The second argument of the partition function must be a positive integer');
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

/** A sequence, as `..` gives one: a single number is the number itself. */
function range(this: Focus, first?: number, last?: number, delta?: number): unknown {
  if (first === undefined || last === undefined || delta === undefined) return undefined;
  if (delta === 0) throw fault('The third argument of the range function must not be 0');
  const numbers = sequenceOf(this);
  for (let index = 0, next = first; delta > 0 ? next <= last : next >= last; next = first + ++index * delta) {
    numbers.push(next);
  }
  return numbers;
}

/** JSONata counts what is pushed, and stops a sequence that grows too long. */
function sequenceOf(focus: Focus): unknown[] {
  return (focus as Focus & { createSequence(): unknown[] }).createSequence();
}

const HASHES: ReadonlyMap<string, string> = new Map([
  ['MD5', 'md5'],
  ['SHA-1', 'sha1'],
  ['SHA-256', 'sha256'],
  ['SHA-384', 'sha384'],
  ['SHA-512', 'sha512'],
]);

function hash(text: string | undefined, algorithm: string | undefined): string | undefined {
  if (text === undefined || algorithm === undefined) return undefined;
  const name = HASHES.get(algorithm);
  if (name === undefined)
    throw fault(`The second argument of the hash function must be one of ${[...HASHES.keys()].join(', ')}`);
  return createHash(name).update(text).digest('hex');
}

function random(seed: number | undefined, chance: Chance): number {
  if (seed === undefined) return chance.random();
  if (!Number.isInteger(seed)) throw fault('The argument of the random function must be an integer');
  return javaRandom(seed);
}

function parse(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw fault('The argument of the parse function must be JSON');
  }
}

function fault(message: string): Error {
  return new Error(message);
}
