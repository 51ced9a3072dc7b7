import type { ConfirmedDecision } from './confirmation.ts';

// What a client can ask for and not get. `problem.ts` is the one place that turns these into HTTP.

export class UnknownOrder extends Error {
  override readonly name = 'UnknownOrder';
  readonly orderId: string;

  constructor(orderId: string) {
    super(`There is no order "${orderId}".`);
    this.orderId = orderId;
  }
}

/** The id is taken by an order with other content. */
export class OrderIdTaken extends Error {
  override readonly name = 'OrderIdTaken';
  readonly orderId: string;

  constructor(orderId: string) {
    super(`There is already an order "${orderId}", and it is another one. Send yours under another id.`);
    this.orderId = orderId;
  }
}

/** Somebody has decided otherwise. */
export class ContradictingDecision extends Error {
  override readonly name = 'ContradictingDecision';
  readonly recorded: ConfirmedDecision;

  constructor(orderId: string, recorded: ConfirmedDecision) {
    super(`The decision on order "${orderId}" was "${recorded.decision}", made at ${recorded.decidedAt}. It stands.`);
    this.recorded = recorded;
  }
}

export class DeadlinePassed extends Error {
  override readonly name = 'DeadlinePassed';

  constructor(orderId: string, atMs: number) {
    super(
      `Nobody had decided on order "${orderId}" when its deadline passed; it was closed to confirmations at ${new Date(atMs).toISOString()}.`,
    );
  }
}

/** The order failed or was stopped before anybody decided. */
export class OrderEnded extends Error {
  override readonly name = 'OrderEnded';

  constructor(orderId: string, endedAtMs: number) {
    super(
      `Order "${orderId}" failed at ${new Date(endedAtMs).toISOString()}, before it was decided. It takes no confirmation any more.`,
    );
  }
}
