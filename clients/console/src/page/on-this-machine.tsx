import { hashOf } from './address.ts';

/** What the machine that runs the app has about an order beside what the app says of it. */
export function OnThisMachine({ orderId }: { orderId: string }) {
  return (
    <p class="actions">
      <a href={hashOf({ page: 'log', query: orderId, level: 'info', from: '' })}>Its lines in the log</a>
      <a href={hashOf({ page: 'outbox', query: orderId })}>Its mails</a>
    </p>
  );
}
