/**
 * An expected reason why something cannot be run on this machine: the message is one sentence that says what is wrong,
 * the next step says what to do about it. Anything else that is thrown is a fault of ours.
 */
export class HostError extends Error {
  readonly nextStep: string;

  constructor(message: string, nextStep: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'HostError';
    this.nextStep = nextStep;
  }
}
