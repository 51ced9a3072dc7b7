import type { IncomingMessage } from 'node:http';
import { ThrottlingException } from './errors.ts';

/** How much is taken on at once. */
export interface Load {
  /** So many requests are carried out at a time; two commits can be full of them. @default 512 */
  readonly underWay: number;
  /** So many more wait for their turn. @default 2,048 */
  readonly waiting: number;
  /** So many of each action that is answered late, such as StartSyncExecution. @default 4,096 */
  readonly late: number;
}

export const LOAD_DEFAULT: Load = { underWay: 512, waiting: 2048, late: 4096 };

/** They end work or keep it alive. If they had to wait for what begins more, there would be ever more of it. */
const NEVER_WAIT: ReadonlySet<string> = new Set([
  'SendTaskSuccess',
  'SendTaskFailure',
  'SendTaskHeartbeat',
  'StopExecution',
]);

/** They are answered when something has happened, which may take another request: as if under way, they could block each other. */
const ANSWERED_LATE: ReadonlySet<string> = new Set(['GetActivityTask', 'StartSyncExecution', 'TestState']);

interface Waiting {
  readonly enter: () => void;
  readonly refuse: (reason: ThrottlingException) => void;
}

/**
 * Keeps what is under way to so much as the engine has at hand, so that what it has begun comes to its end however much more
 * is asked for. The rest waits, and the clients take turns. When nobody more can wait, the client with most that waits
 * loses the latest of it: whoever asks little is not refused for those who ask much.
 */
export class Turns {
  readonly #load: Load;
  readonly #onThrottled: (count: number) => void;
  #underWay = 0;
  readonly #late = new Map<string, number>();
  /** By client, in the order of their turns; none is empty. Nobody waits while there is room. */
  readonly #lines = new Map<string, Waiting[]>();
  #waiting = 0;
  #throttledCount = 0;

  /** @param onThrottled told how many were refused, when it is one, two, four, … */
  constructor(load: Load, onThrottled: (count: number) => void) {
    this.#load = load;
    this.#onThrottled = onThrottled;
  }

  /**
   * @param client whose turns it shares
   * @returns undefined where it is its turn at once, else what resolves when it is. {@link leave} has to follow either.
   * @throws {ThrottlingException} or rejects with it: then it has not entered. What has begun is never refused.
   */
  enter(action: string, client: string): Promise<void> | undefined {
    if (ANSWERED_LATE.has(action)) {
      const count = this.#late.get(action) ?? 0;
      if (count >= this.#load.late) throw this.#throttled(`${count} requests for ${action} are open`);
      this.#late.set(action, count + 1);
    } else if (this.#underWay >= this.#load.underWay && !NEVER_WAIT.has(action)) {
      return this.#wait(client);
    } else {
      this.#underWay++;
    }
    return undefined;
  }

  /** What entered has been carried out, or has failed. */
  leave(action: string): void {
    if (ANSWERED_LATE.has(action)) {
      this.#late.set(action, (this.#late.get(action) ?? 1) - 1);
    } else {
      this.#underWay--;
      this.#next();
    }
  }

  /** Resolves when it is under way. */
  #wait(client: string): Promise<void> {
    if (this.#waiting >= this.#load.waiting) {
      const longest = this.#longestLine();
      const mine = this.#lines.get(client)?.length ?? 0;
      const isTooMuch = `${this.#waiting} requests wait already`;
      if (longest === undefined || mine >= longest.line.length) return Promise.reject(this.#throttled(isTooMuch));
      longest.line.pop()?.refuse(this.#throttled(isTooMuch));
      if (longest.line.length === 0) this.#lines.delete(longest.client);
      this.#waiting--;
    }
    return new Promise((enter, refuse) => {
      const line = this.#lines.get(client) ?? [];
      line.push({ enter, refuse });
      this.#lines.set(client, line);
      this.#waiting++;
    });
  }

  #next(): void {
    while (this.#underWay < this.#load.underWay) {
      const [first] = this.#lines;
      if (first === undefined) return;
      const [client, line] = first;
      const { enter } = line.shift() ?? {};
      // Whoever has more comes again after all the others.
      this.#lines.delete(client);
      if (line.length > 0) this.#lines.set(client, line);
      this.#waiting--;
      this.#underWay++;
      enter?.();
    }
  }

  #longestLine(): { readonly client: string; readonly line: Waiting[] } | undefined {
    let longest: { readonly client: string; readonly line: Waiting[] } | undefined;
    for (const [client, line] of this.#lines) {
      if (longest === undefined || line.length > longest.line.length) longest = { client, line };
    }
    return longest;
  }

  #throttled(why: string): ThrottlingException {
    const count = ++this.#throttledCount;
    if (Number.isInteger(Math.log2(count))) this.#onThrottled(count);
    return new ThrottlingException(why);
  }
}

/**
 * Whose turns a request shares: those of its key at its address. A key that nobody checks could be any, but then whoever sends
 * it may do everything at this machine anyway.
 */
export function clientOf({ headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>): string {
  const [, accessKeyId = ''] = /Credential=([^/\s,]{1,128})\//.exec(headers.authorization ?? '') ?? [];
  return `${accessKeyId} ${socket.remoteAddress ?? ''}`;
}
