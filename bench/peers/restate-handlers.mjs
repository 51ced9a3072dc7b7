// The handlers of the order on Restate, in a process of their own: `node restate-handlers.mjs PORT`.
// The driver is told each awakeable's id by a process message, the cheapest way there is.
import http2 from 'node:http2';
import { createEndpointHandler, service } from '@restatedev/restate-sdk';
import { finalize, reserve } from '../order.ts';

const orders = service({
  name: 'Orders',
  handlers: {
    process: async (context, order) => {
      const reservation = await context.run('reserve', () => reserve(order));
      const awakeable = context.awakeable();
      process.send({ tokens: [[order.orderId, awakeable.id]] });
      const confirmation = await awakeable.promise;
      return await context.run('finalize', () => finalize(reservation, confirmation));
    },
  },
});

http2
  .createServer(createEndpointHandler({ logger: () => {}, services: [orders] }))
  .listen(Number(process.argv[2]), '127.0.0.1', () => process.send('listening'));
process.on('disconnect', () => process.exit());
