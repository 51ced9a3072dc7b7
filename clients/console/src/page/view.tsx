import type { Place } from './address.ts';
import type { Api } from './api.ts';
import { Inbox } from './inbox.tsx';
import { LogPage } from './log-page.tsx';
import { OrderPage } from './order.tsx';
import { MailPage, OutboxPage } from './outbox.tsx';
import type { Settings } from './settings.ts';
import { TimePage } from './time-page.tsx';

/** Those of the machine that runs the app: whoever sits there need not be anybody that the app knows. */
export function isOfMachine({ page }: Place): boolean {
  return page === 'time' || page === 'outbox' || page === 'mail' || page === 'log';
}

/** What an address shows. Pages of the machine are nowhere else. */
export function View({ settings: { machine }, api, at }: { settings: Settings; api: Api; at: Place }) {
  if (isOfMachine(at) && (machine === undefined || (at.page === 'time' && !machine.timeTravel))) return <Nowhere />;
  switch (at.page) {
    case 'order':
      return <OrderPage key={at.orderId} api={api} orderId={at.orderId} />;
    case 'inbox':
      return (
        <>
          <h1 tabIndex={-1}>Inbox</h1>
          <Inbox api={api} place={at} />
        </>
      );
    case 'time':
      return (
        <>
          <h1 tabIndex={-1}>Time</h1>
          <TimePage />
        </>
      );
    case 'outbox':
      return (
        <>
          <h1 tabIndex={-1}>Outbox</h1>
          <OutboxPage place={at} />
        </>
      );
    case 'mail':
      return <MailPage key={at.id} id={at.id} />;
    case 'log':
      return (
        <>
          <h1 tabIndex={-1}>Log</h1>
          <LogPage place={at} />
        </>
      );
    case 'unknown':
      return <Nowhere />;
  }
}

function Nowhere() {
  return (
    <>
      <h1 tabIndex={-1}>There is nothing here</h1>
      <p>
        <a href="#/">To the inbox</a>
      </p>
    </>
  );
}
