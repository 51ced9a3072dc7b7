/** Where one side leaves something for an order and the other picks it up, whoever comes first. */
export class Rendezvous<T> {
  readonly #waiting = new Map<string, (value: T) => void>();
  readonly #early = new Map<string, T>();

  put(id: string, value: T): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (waiting === undefined) this.#early.set(id, value);
    else waiting(value);
  }

  take(id: string): Promise<T> {
    if (!this.#early.has(id)) return new Promise((resolve) => this.#waiting.set(id, resolve));
    const value = this.#early.get(id) as T;
    this.#early.delete(id);
    return Promise.resolve(value);
  }
}
