/**
 * Sorts so that each item comes after those it depends on, and otherwise in the order given.
 *
 * @returns the items in order, or a cycle among them: each depends on the next, and the last is the first again.
 */
export function dependencyOrder<T>(dependenciesOf: ReadonlyMap<T, ReadonlySet<T>>): { order: T[] } | { cycle: T[] } {
  const order: T[] = [];
  const remaining = new Map([...dependenciesOf].map(([item, dependencies]) => [item, dependencies.size]));
  const dependentsOf = new Map<T, T[]>([...dependenciesOf.keys()].map((item) => [item, []]));
  for (const [item, dependencies] of dependenciesOf) {
    for (const dependency of dependencies) dependentsOf.get(dependency)?.push(item);
  }
  const ready = [...dependenciesOf.keys()].filter((item) => remaining.get(item) === 0);
  for (const item of ready) {
    order.push(item);
    remaining.delete(item);
    for (const dependent of dependentsOf.get(item) ?? []) {
      const open = (remaining.get(dependent) ?? 0) - 1;
      remaining.set(dependent, open);
      if (open === 0) ready.push(dependent);
    }
  }
  return remaining.size === 0 ? { order } : { cycle: findCycle(dependenciesOf, remaining) };
}

/** Each item that remains depends on another that remains, so walking along must come by some item twice. */
function findCycle<T>(dependenciesOf: ReadonlyMap<T, ReadonlySet<T>>, remaining: ReadonlyMap<T, number>): T[] {
  const path: T[] = [];
  const positionOf = new Map<T, number>();
  for (let [item] = remaining.keys().take(1); item !== undefined;) {
    const seenAt = positionOf.get(item);
    if (seenAt !== undefined) return [...path.slice(seenAt), item];
    positionOf.set(item, path.length);
    path.push(item);
    item = [...(dependenciesOf.get(item) ?? [])].find((dependency) => remaining.has(dependency));
  }
  return path;
}
