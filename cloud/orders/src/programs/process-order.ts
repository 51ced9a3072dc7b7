import { writeSync } from 'node:fs';
import { json } from 'node:stream/consumers';
import { logger } from '../../../confirmations/src/index.ts';
import { parseOrder } from '../order.ts';

// The state `ProcessOrder` as a long task: here an order is looked at before anybody is asked about it, for as long as that
// takes. Gives the order. What may take hours says now and then how far it has come.

const REPORTS = 3;
const say = (report: object) => writeSync(REPORTS, `${JSON.stringify(report)}\n`);

const order = parseOrder(await json(process.stdin));
say({ percent: 0, message: 'the order has been read' });
logger.info('order.processed', { orderId: order.orderId, executionArn: process.env['LONG_TASK_EXECUTION_ARN'] ?? '' });
say({ percent: 100, message: 'the order has been looked at' });
say({ result: order });
