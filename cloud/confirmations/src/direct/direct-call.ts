import type { Answer } from './exchange.ts';

/** A call of AWS that needs nothing of what the SDK can do beside sending it. */
export interface DirectCall {
  addressOf(input: Input): Address;
  /** Undefined if this one needs more. */
  toRequest(input: Input): DirectRequest | undefined;
  /** Undefined for what is no success. */
  toOutput(answer: Answer): object | undefined;
}

/** Of a command. */
export type Input = Readonly<Record<string, unknown>>;

export interface Address {
  /** What the place of a call depends on: the bucket, with S3. */
  readonly placeName: string;
  /** Escaped, beginning with `/`. What its place puts before it, such as a bucket, is left out. */
  readonly path: string;
}

export interface DirectRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}
