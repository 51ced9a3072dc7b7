import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { type Api, problemText } from './api.ts';
import { DataView } from './data-view.tsx';
import { focusHeading } from './focus.ts';
import { Decide } from './decide.tsx';
import { Fault } from './fault.tsx';
import { Manage } from './manage.tsx';
import { Instant, TimeLeft } from './instants.tsx';
import { OnThisMachine } from './on-this-machine.tsx';
import type { OrderRecord, OrderView, Problem, Settlement } from './orders.ts';
import { type Polling, poll } from './polling.ts';
import { announcement, now } from './state.ts';
import { Timeline } from './timeline.tsx';
import { WorkProgressBar } from './work-progress.tsx';
import { OrderWorkflow } from './workflows/order-workflow.tsx';
import { approversText, progressText, STATUS_WORDS } from './words.ts';

const IS_OVER: readonly string[] = ['COMPLETED', 'REJECTED', 'EXPIRED', 'WITHDRAWN', 'FAILED'];

interface OrderPageProps {
  api: Api;
  orderId: string;
  /** Whether the machine that runs the app tells more about it. */
  hasMachine?: boolean;
}

/** One order: where it stands, what can be done about it, and who did what. */
export function OrderPage({ api, orderId, hasMachine = false }: OrderPageProps) {
  const order = useSignal<OrderView | undefined>(undefined);
  const record = useSignal<OrderRecord | undefined>(undefined);
  const problem = useSignal<Problem | undefined>(undefined);
  const polling = useRef<Polling>(undefined);
  useEffect(() => {
    let last = '';
    polling.current = poll(async (signal) => {
      const found = await api.order(orderId, signal);
      if (signal.aborted) return true;
      problem.value = found.isOk ? undefined : found.problem;
      if (!found.isOk) return false;
      const text = JSON.stringify(found.body);
      if (text !== last) order.value = found.body;
      // Nobody is asked about an order that is being processed, so there is no record of that yet.
      const told = found.body.status === 'PROCESSING' ? undefined : await api.record(orderId, signal);
      if (signal.aborted) return true;
      if (told?.isOk === true && told.body.head !== record.value?.head) record.value = told.body;
      // An order that is over stays as it is; the last entries of its record were there before.
      if (text === last && IS_OVER.includes(found.body.status)) polling.current?.stop();
      last = text;
      return true;
    });
    return () => polling.current?.stop();
  }, [api, orderId]);

  const shown = order.value;
  if (shown === undefined) {
    const refusal = problem.value?.status === 0 ? undefined : problem.value;
    return (
      <>
        <Back />
        <h1 tabIndex={-1}>{refusal?.title ?? orderId}</h1>
        {refusal === undefined ? <p role="status">Loading …</p> : <p>{refusal.detail}</p>}
      </>
    );
  }
  const { status, orderDetails, items, amount, requestedBy, acceptedAt, pending, confirmation, failure } = shown;
  const people = record.value && <Timeline orderId={orderId} record={record.value} />;
  const soon = (said: string) => {
    announcement.value = said;
    focusHeading();
    polling.current?.soon();
  };
  return (
    <>
      <Back />
      <h1 tabIndex={-1}>{orderId}</h1>
      <p class={`status ${status.toLowerCase()}`} role="status">
        {STATUS_WORDS[status]}
      </p>
      {shown.progress && <WorkProgressBar progress={shown.progress} />}
      {shown.expiresAt !== undefined && (
        <p>
          Until <Instant at={shown.expiresAt} />, <TimeLeft until={shown.expiresAt} />.
        </p>
      )}
      {pending && (
        <p class="soft">
          For {approversText(pending.approvers)}: {progressText(pending.confirmations)}.
          {pending.owner !== undefined && ` Its owner: ${pending.owner}.`}
        </p>
      )}
      {failure && <p class="wrong">{`${failure.error}: ${failure.cause}`}</p>}
      {confirmation && <Settled api={api} orderId={orderId} settlement={confirmation} whenDone={soon} />}
      {pending?.mayAnswer === true && <Decide api={api} orderId={orderId} pending={pending} whenDone={soon} />}
      {pending?.mayAnswer === false && <p class="notice">It waits for others: you need not do anything.</p>}
      <section aria-label="The order">
        <h2>The order</h2>
        <DataView
          value={{
            orderDetails,
            ...(amount && { amount }),
            ...(items && { items }),
            ...(requestedBy !== undefined && { requestedBy }),
          }}
        />
        <p class="soft">
          Accepted <Instant at={acceptedAt} />
          {shown.endedAt !== undefined && (
            <>
              , ended <Instant at={shown.endedAt} />
            </>
          )}
        </p>
      </section>
      {pending && <Manage api={api} orderId={orderId} pending={pending} whenDone={soon} />}
      {hasMachine ? <OrderWorkflow orderId={orderId} people={people} /> : people}
      {hasMachine && <OnThisMachine orderId={orderId} />}
    </>
  );
}

function Back() {
  return (
    <p>
      <a href="#/" class="back">
        ← Inbox
      </a>
    </p>
  );
}

interface SettledProps {
  api: Api;
  orderId: string;
  settlement: Settlement;
  whenDone: (said: string) => void;
}

/** What was decided; while it is held, it can be taken back. */
function Settled({ api, orderId, settlement, whenDone }: SettledProps) {
  const problem = useSignal<Problem | undefined>(undefined);
  const { decision, decidedAt, decidedBy = [], comment, reason, data, effectiveAt } = settlement;
  const isHeld = effectiveAt !== undefined && Date.parse(effectiveAt) > now.value;
  async function undo(): Promise<void> {
    const undone = await api.act(orderId, 'undo', {});
    problem.value = undone.isOk ? undefined : undone.problem;
    if (undone.isOk) whenDone('The answer is taken back');
  }
  return (
    <section class="settled" aria-label="The decision">
      <p>
        {DECIDED[decision] ?? decision}
        {decidedBy.length > 0 && ` by ${decidedBy.join(', ')}`} <Instant at={decidedAt} />
        {comment !== undefined && <q>{comment}</q>}
        {reason !== undefined && <q>{reason}</q>}
      </p>
      {data && <DataView value={data} />}
      {isHeld && (
        <p>
          <button type="button" onClick={() => void undo()}>
            Undo
          </button>{' '}
          <TimeLeft until={effectiveAt} /> to take it back.
        </p>
      )}
      <Fault text={problem.value && problemText(problem.value)} />
    </section>
  );
}

const DECIDED: Readonly<Record<string, string>> = {
  confirm: 'Confirmed',
  reject: 'Rejected',
  expired: 'Expired',
  withdrawn: 'Withdrawn',
};
