/** A queue of what several have asked for, which serves them in turn: who asks for much waits longer, and nobody else does. */
export class FairQueue<Item> {
  readonly #lengthMax: number;
  /** The next to be served first. No list is empty. */
  readonly #lists = new Map<string, Item[]>();

  /** @param lengthMax of the items of one key. */
  constructor(lengthMax: number) {
    this.#lengthMax = lengthMax;
  }

  /** Answers whether there was room. */
  add(key: string, item: Item): boolean {
    const list = this.#lists.get(key);
    if (list === undefined) this.#lists.set(key, [item]);
    else if (list.length < this.#lengthMax) list.push(item);
    else return false;
    return true;
  }

  /** The oldest item of the key whose turn it is, among those that may be served. */
  take(mayServe: (key: string) => boolean): Item | undefined {
    for (const [key, list] of this.#lists) {
      if (!mayServe(key)) continue;
      const item = list.shift();
      this.#lists.delete(key);
      if (list.length > 0) this.#lists.set(key, list);
      return item;
    }
    return undefined;
  }

  /** Takes all there is. */
  drain(): Item[] {
    const items = [...this.#lists.values()].flat();
    this.#lists.clear();
    return items;
  }
}
