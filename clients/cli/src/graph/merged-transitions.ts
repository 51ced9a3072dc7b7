import type { StateGraph, Transition } from './state-graph.ts';

/** What a drawing has one arrow for: all transitions from one state to another. */
export interface Arrow {
  readonly from: string;
  readonly to: string;
  /** Each condition under which it is taken. */
  readonly labels: readonly string[];
  /** Only errors lead there. */
  readonly isCatch: boolean;
}

export function arrowsOf({ transitions }: StateGraph): Arrow[] {
  const groups = Map.groupBy(transitions, ({ from, to }: Transition) => JSON.stringify([from, to]));
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const labels = group.map(({ label }) => label).filter((label) => label !== '');
    return [{ from: first.from, to: first.to, labels, isCatch: group.every(({ kind }) => kind === 'catch') }];
  });
}
