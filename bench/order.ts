// The work of one round trip, the same for every engine that is measured: an order of 1 KB is reserved, waits for a confirmation of
// 200 bytes, and is finalized.

export interface Order {
  readonly orderId: string;
  readonly lines: readonly { readonly qty: number; readonly unitPrice: number }[];
}
export interface Confirmation {
  readonly orderId: string;
  readonly approved: boolean;
  readonly ref: string;
}
export interface Reservation {
  readonly orderId: string;
  readonly reserved: boolean;
  readonly total: number;
  readonly items: number;
}

const LINES = [
  { sku: 'KEYBOARD-87', qty: 2, unitPrice: 1999 },
  { sku: 'DOCK-8', qty: 1, unitPrice: 4550 },
  { sku: 'CABLE-1M', qty: 5, unitPrice: 320 },
  { sku: 'ARM-DUAL', qty: 1, unitPrice: 12_900 },
];
const TOTAL = 23_048;

/** An order of 1,024 bytes. */
export function order(orderId: string): Order {
  return padded({ orderId, currency: 'EUR', lines: LINES }, 1024);
}

/** A confirmation of 200 bytes. */
export function confirmation(orderId: string): Confirmation {
  return padded({ orderId, approved: true, ref: 'confirmed by the driver of the benchmark' }, 200);
}

export function reserve({ orderId, lines }: Order): Reservation {
  const total = lines.reduce((sum, { qty, unitPrice }) => sum + qty * unitPrice, 0);
  return { orderId, reserved: true, total, items: lines.length };
}

export function finalize({ orderId, total }: Reservation, { approved, ref }: Confirmation) {
  return { orderId, status: approved ? 'SHIPPED' : 'REJECTED', total, ref: ref.slice(0, 32) };
}

/** @throws if an order did not end as it must. */
export function checkResult(result: unknown, orderId: string): void {
  const { orderId: id, status, total } = result as { orderId?: string; status?: string; total?: number };
  if (id !== orderId || status !== 'SHIPPED' || total !== TOTAL)
    throw new Error(`${orderId} ended wrongly: ${JSON.stringify(result)}`);
}

function padded<Value extends object>(value: Value, bytes: number): Value {
  const missing = bytes - JSON.stringify({ ...value, note: '' }).length;
  return { ...value, note: 'x'.repeat(Math.max(0, missing)) };
}

const functionArn = (name: string): string => `arn:aws:lambda:us-east-1:000000000000:function:${name}`;

/** The same as a state machine. */
export const definition = {
  StartAt: 'Reserve',
  States: {
    Reserve: { Type: 'Task', Resource: functionArn('reserve'), Next: 'Confirm' },
    Confirm: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
      Parameters: { FunctionName: 'confirm', Payload: { 'orderId.$': '$.orderId', 'token.$': '$$.Task.Token' } },
      TimeoutSeconds: 259_200,
      ResultPath: '$.confirmation',
      Next: 'Finalize',
    },
    Finalize: { Type: 'Task', Resource: functionArn('finalize'), End: true },
  },
};
