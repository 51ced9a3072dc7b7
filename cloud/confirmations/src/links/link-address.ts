import { inspect } from 'node:util';

/**
 * The address of a link, with its secret. Whoever has it can answer for its person, so it shows itself to nobody by accident:
 * neither a log line nor an error nor an answer that happens to include one says more than that there was one.
 */
export class LinkAddress {
  readonly #address: string;

  /** @param secret goes into the fragment, which no browser sends: it is in no access log, no proxy and no Referer. */
  constructor(url: string, secret: string) {
    this.#address = `${url}#${secret}`;
  }

  /** The address itself: for the message to its person, and for nothing else. */
  reveal(): string {
    return this.#address;
  }

  toJSON(): string {
    return '[link]';
  }

  toString(): string {
    return '[link]';
  }

  [inspect.custom](): string {
    return '[link]';
  }
}
