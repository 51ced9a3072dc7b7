import type { StateText } from './synthesised.ts';

/** Dollars by what they are for, as a table of docs/cost.md has them: `| transition | 0.000025 | …`. */
export type Prices = ReadonlyMap<string, number>;

export function readPrices(markdown: string): Prices {
  const rows = markdown.matchAll(/^\| `([a-z0-9\-]+)` \| ([\d.]+) \|/gmv);
  return new Map(Array.from(rows, ([, name = '', price]) => [name, Number(price)]));
}

/** How often something happens, by what it is priced by. */
export type Uses = Readonly<Record<string, number>>;

export function costOf(uses: Uses, prices: Prices): number {
  return Object.entries(uses).reduce((sum, [name, times]) => {
    const price = prices.get(name);
    if (price === undefined) throw new Error(`docs/cost.md has no price of ${name}`);
    return sum + times * price;
  }, 0);
}

/**
 * The states that an execution enters, where a task ends as `ends` says and a choice goes by the decision. One state is
 * entered twice where a loop leads to it.
 */
export function walk(
  states: Readonly<Record<string, StateText>>,
  startAt: string,
  ways: Readonly<Record<string, readonly string[]>>,
): string[] {
  const left = new Map(Object.entries(ways).map(([name, next]) => [name, [...next]]));
  const entered: string[] = [];
  for (
    let name: string | undefined = startAt;
    name !== undefined;
    name = left.get(name)?.shift() ?? states[name]?.Next
  ) {
    const state: StateText | undefined = states[name];
    if (state === undefined) throw new Error(`there is no state ${name}`);
    entered.push(name);
  }
  return entered;
}
