import type { Chance } from './chance.ts';
import type { Diary } from './diary.ts';
import type { Faults } from './faults.ts';
import { ConnectionLost, type Machine } from './machine.ts';
import type { Timeline } from './timeline.ts';
import type { Answer } from './wire.ts';

export interface NetworkOptions {
  readonly machine: Machine;
  readonly chance: Chance;
  readonly timeline: Timeline;
  readonly diary: Diary;
  readonly faults: () => Faults;
  /** Told of each answer that leaves the machine, whether it arrives or not. */
  readonly onAnswer: (
    action: string,
    parameters: Readonly<Record<string, unknown>>,
    answer: Answer,
    cameAtMs: number,
  ) => void;
}

/** A client waits no longer for an answer, except for work that may come later. */
const PATIENCE_MS = 30_000;
const RETRY_MS = [200, 5_000] as const;

/** What lies between clients and the machine: requests are late, come twice, or never; so do answers. */
export class Network {
  readonly #options: NetworkOptions;

  constructor(options: NetworkOptions) {
    this.#options = options;
  }

  /** @throws {ConnectionLost} if the client does not learn what became of it. */
  request(action: string, parameters: Readonly<Record<string, unknown>>, hangUpAfterMs?: number): Promise<Answer> {
    const { chance, timeline, diary, faults } = this.#options;
    const odds = faults();
    return new Promise((resolve, reject) => {
      const patience = timeline.after((hangUpAfterMs ?? 0) + PATIENCE_MS, () => reject(new ConnectionLost()));
      const arrive = (): void =>
        void this.#arrive(action, parameters, hangUpAfterMs).then(
          (answer) => {
            if (chance.happens(odds.answerDropped)) return diary.fault('answer dropped', action);
            timeline.after(this.#latencyMs(), () => {
              timeline.cancel(patience);
              resolve(answer);
            });
          },
          () =>
            timeline.after(this.#latencyMs(), () => {
              timeline.cancel(patience);
              reject(new ConnectionLost());
            }),
        );
      if (chance.happens(odds.requestDropped)) diary.fault('request dropped', action);
      else timeline.after(this.#latencyMs(), arrive);
      if (chance.happens(odds.requestDuplicated)) {
        diary.fault('request duplicated', action);
        timeline.after(this.#latencyMs() * chance.between(1, 4), arrive);
      }
    });
  }

  /** Asks until it is answered with something else than to try again, as a careful client does. */
  async insist(action: string, parameters: Readonly<Record<string, unknown>>): Promise<Answer> {
    const { chance, timeline } = this.#options;
    for (;;) {
      try {
        const answer = await this.request(action, parameters);
        if (answer.status < 500) return answer;
      } catch (error) {
        if (!(error instanceof ConnectionLost)) throw error;
      }
      await timeline.pause(chance.between(...RETRY_MS));
    }
  }

  async #arrive(
    action: string,
    parameters: Readonly<Record<string, unknown>>,
    hangUpAfterMs?: number,
  ): Promise<Answer> {
    const { machine, diary, onAnswer } = this.#options;
    const cameAtMs = machine.now();
    const answer = await machine.ask(action, parameters, hangUpAfterMs);
    diary.write(`${action} ${JSON.stringify(parameters)} => ${answer.status} ${JSON.stringify(answer.body)}`);
    onAnswer(action, parameters, answer, cameAtMs);
    return answer;
  }

  #latencyMs(): number {
    const { chance, diary, faults } = this.#options;
    if (!chance.happens(faults().requestDelayed)) return chance.between(0, 30);
    diary.fault('delay');
    return chance.between(100, 20_000);
  }
}
