import type { Place } from './address.ts';
import type { Api } from './api.ts';
import { Inbox } from './inbox.tsx';
import { LogPage } from './log-page.tsx';
import { OrderPage } from './order.tsx';
import { MailPage, OutboxPage } from './outbox.tsx';
import type { Settings } from './settings.ts';
import { TimePage } from './time-page.tsx';
import { ExecutionPage } from './workflows/execution-page.tsx';
import { MachinePage } from './workflows/machine-page.tsx';
import { MachinesPage } from './workflows/machines-page.tsx';
import { MapRunPage } from './workflows/map-run-page.tsx';
import { TasksPage } from './workflows/tasks-page.tsx';

/** Those of the machine that runs the app: whoever sits there need not be anybody that the app knows. */
export function isOfMachine({ page }: Place): boolean {
  return page !== 'inbox' && page !== 'order' && page !== 'unknown';
}

/** Pictures and tables take the room that there is; what is read goes no further than the eye does. */
export function isWide({ page }: Place): boolean {
  return page === 'machines' || page === 'machine' || page === 'execution' || page === 'map-run';
}

/** What an address shows. Pages of the machine are nowhere else. */
export function View({ settings: { machine }, api, at }: { settings: Settings; api: Api; at: Place }) {
  if (isOfMachine(at) && (machine === undefined || (at.page === 'time' && !machine.timeTravel))) return <Nowhere />;
  switch (at.page) {
    case 'order':
      return <OrderPage key={at.orderId} api={api} orderId={at.orderId} hasMachine={machine !== undefined} />;
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
    case 'machines':
      return (
        <>
          <h1 tabIndex={-1}>Workflows</h1>
          <MachinesPage />
        </>
      );
    case 'machine':
      return <MachinePage key={at.arn} place={at} />;
    case 'execution':
      return <ExecutionPage key={at.arn} arn={at.arn} />;
    case 'map-run':
      return <MapRunPage key={at.arn} place={at} />;
    case 'tasks':
      return (
        <>
          <h1 tabIndex={-1}>Tasks</h1>
          <TasksPage />
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
