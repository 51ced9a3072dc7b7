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
