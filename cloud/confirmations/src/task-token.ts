import { inspect } from 'node:util';

/**
 * The task token of a wait. Whoever knows it can answer for everybody, so it shows itself to nobody by accident: neither
 * a log line, nor an error, nor an answer that happens to include one of these says more than that there was one.
 */
export class TaskToken {
  readonly #token: string;

  constructor(token: string) {
    this.#token = token;
  }

  /** The token itself: for Step Functions, and for the one object it is stored in. */
  reveal(): string {
    return this.#token;
  }

  toJSON(): string {
    return '[task token]';
  }

  toString(): string {
    return '[task token]';
  }

  [inspect.custom](): string {
    return '[task token]';
  }
}
