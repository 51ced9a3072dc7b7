/** One run of an order. Step Functions lets a name be used again 90 days after its execution ended: then it is another run. */
export interface OrderRun {
  readonly orderId: string;
  readonly executionArn: string;
  readonly startedAtMs: number;
}
