import { chanceFrom, type Chance, type Entropy } from '../../../asl/src/index.ts';

let at = 0;
let chance: Chance = chanceFrom([0, 0, 0, 0]);

/** From here on time stands still at `instant`, and all chance is drawn from these bits: a request has one answer, whenever it is evaluated. */
export function enterRequest(instant: number, entropy: Entropy): void {
  at = instant;
  chance = chanceFrom(entropy);
}

export function chanceOfRequest(): Chance {
  return chance;
}

/*
 * JSONata looks at the clock for $now, $millis and the parts of a date that $toMillis was not given, and throws dice for
 * $shuffle. It can be told of neither, so this process, which does nothing else, has another clock and other dice.
 * `Date.now()` stays what it is: by it JSONata knows how long it has been at work.
 */
globalThis.Date = new Proxy(Date, {
  construct: (target, parts: unknown[], newTarget): object =>
    Reflect.construct(target, parts.length === 0 ? [at] : parts, newTarget) as Date,
});
Math.random = () => chance.random();
