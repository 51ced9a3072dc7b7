import { useComputed, useSignal, useSignalEffect } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { hashOf, type InboxPlace } from './address.ts';
import { type Api, problemText } from './api.ts';
import { Bulk } from './bulk.tsx';
import { Fault } from './fault.tsx';
import { Filter } from './filter.tsx';
import { listed, selection } from './inbox-state.ts';
import { sortedInbox } from './inbox-list.ts';
import { Age, TimeLeft } from './instants.tsx';
import { onKeys } from './keys.ts';
import type { PendingOrder, Problem } from './orders.ts';
import { type Polling, poll } from './polling.ts';
import { sampleOrder } from './sample-order.ts';
import { announcement, now } from './state.ts';
import { approversText, progressText } from './words.ts';

/** What waits for whoever looks, then everything that waits. */
export function Inbox({ api, place }: { api: Api; place: InboxPlace }) {
  const problem = useSignal<Problem | undefined>(undefined);
  const polling = useRef<Polling>(undefined);
  useEffect(() => {
    polling.current = poll(async (signal) => {
      const found = await api.listPending(signal);
      if (signal.aborted) return true;
      problem.value = found.isOk ? undefined : found.problem;
      if (found.isOk && JSON.stringify(found.body) !== JSON.stringify(listed.value)) listed.value = found.body;
      return found.isOk;
    });
    return () => polling.current?.stop();
  }, [api]);
  useEffect(() => moveByKeys(), []);
  // By the minute: what is due within a day does not change from one second to the next.
  const minute = useComputed(() => Math.floor(now.value / 60_000) * 60_000);
  const orders = listed.value?.orders ?? [];
  const { mine, others } = sortedInbox(orders, place, minute.value);
  useSignalEffect(() => {
    const count = listed.value?.orders.filter(({ pending }) => pending.mayAnswer).length;
    if (count !== undefined)
      announcement.value = count === 1 ? '1 order waits for you' : `${count} orders wait for you`;
  });

  if (listed.value === undefined) {
    // Being offline is said above, by the page.
    const refusal = problem.value?.status === 0 ? undefined : problem.value;
    return refusal === undefined ? <Loading /> : <p class="wrong">{problemText(refusal)}</p>;
  }
  return (
    <>
      <Filter place={place} />
      <Bulk api={api} orders={mine} whenDone={() => polling.current?.soon()} />
      {orders.length === 0 ? (
        <FirstVisit api={api} />
      ) : (
        <>
          <OrderList heading="Waits for you" orders={mine} isSelectable isEmpty={<NothingHere place={place} />} />
          {others.length > 0 && <OrderList heading="Waits for others" orders={others} />}
          {!listed.value.isAll && (
            <p class="soft">There are more than are shown here. Search by id on the command line.</p>
          )}
        </>
      )}
    </>
  );
}

interface OrderListProps {
  heading: string;
  orders: readonly PendingOrder[];
  isSelectable?: boolean;
  isEmpty?: ComponentChildren;
}

function OrderList({ heading, orders, isSelectable = false, isEmpty }: OrderListProps) {
  return (
    <section aria-label={heading}>
      <h2>
        {heading} <span class="count">{orders.length}</span>
      </h2>
      {orders.length === 0 && isEmpty}
      {isSelectable && orders.length > 1 && <SelectAll orders={orders} />}
      <ul class="orders">
        {orders.map((order) => (
          <Row key={order.orderId} order={order} isSelectable={isSelectable} />
        ))}
      </ul>
    </section>
  );
}

/** All that is shown; what the filter hides is not touched. */
function SelectAll({ orders }: { orders: readonly PendingOrder[] }) {
  const shown = orders.map(({ orderId }) => orderId);
  const isAll = shown.every((orderId) => selection.value.has(orderId));
  function change(): void {
    const next = new Set([...selection.value, ...shown]);
    if (isAll) for (const orderId of shown) next.delete(orderId);
    selection.value = next;
  }
  return (
    <label class="all">
      <input type="checkbox" checked={isAll} onChange={change} />
      Select all {orders.length}
    </label>
  );
}

function Row({ order, isSelectable }: { order: PendingOrder; isSelectable: boolean }) {
  const { orderId, orderDetails, amount, requestedBy, pending, waitingSince, expiresAt } = order;
  return (
    <li class="row">
      {isSelectable && (
        <label class="pick">
          <input
            type="checkbox"
            checked={selection.value.has(orderId)}
            onChange={() => toggle(orderId)}
            aria-label={`Select ${orderId}`}
          />
        </label>
      )}
      <a href={hashOf({ page: 'order', orderId })} class="what" data-order={orderId}>
        <strong>{orderDetails.slice(0, 200)}</strong>
        <span class="soft">
          {orderId}
          {requestedBy !== undefined && ` · from ${requestedBy}`}
          {` · ${approversText(pending.approvers)}, ${progressText(pending.confirmations)}`}
        </span>
      </a>
      <span class="amount">{amount !== undefined && `${amount.value} ${amount.currency}`}</span>
      <span class="when">
        <TimeLeft until={expiresAt} />
        <span class="soft">
          waits for <Age since={waitingSince} />
        </span>
      </span>
    </li>
  );
}

function Loading() {
  return (
    <div class="loading" role="status">
      <span class="unseen">Loading …</span>
      {[1, 2, 3].map((line) => (
        <div key={line} class="row ghost" aria-hidden="true" />
      ))}
    </div>
  );
}

function FirstVisit({ api }: { api: Api }) {
  const problem = useSignal<Problem | undefined>(undefined);
  const isBusy = useSignal(false);
  async function submit(): Promise<void> {
    isBusy.value = true;
    const sent = await api.submit(sampleOrder());
    isBusy.value = false;
    if (sent.isOk) location.hash = hashOf({ page: 'order', orderId: sent.body.orderId });
    else problem.value = sent.problem;
  }
  return (
    <div class="empty">
      <h2>Nothing waits</h2>
      <p>An order that needs somebody’s word shows up here by itself. To see how that goes, make one.</p>
      <button type="button" class="main" disabled={isBusy.value} onClick={() => void submit()}>
        Make a sample order
      </button>
      <Fault text={problem.value && problemText(problem.value)} />
    </div>
  );
}

function NothingHere({ place }: { place: InboxPlace }) {
  const isFiltered = place.query !== '' || place.due !== 'any';
  return <p class="soft">{isFiltered ? 'Nothing that waits for you fits the filter.' : 'Nothing waits for you.'}</p>;
}

function toggle(orderId: string): void {
  const next = new Set(selection.value);
  if (!next.delete(orderId)) next.add(orderId);
  selection.value = next;
}

/** `j` and `k` go down and up, `x` selects. */
function moveByKeys(): () => void {
  const links = () => [...document.querySelectorAll<HTMLElement>('a[data-order]')];
  const at = () => links().findIndex((link) => link.parentElement?.contains(document.activeElement));
  return onKeys({
    j: () => links()[Math.min(at() + 1, links().length - 1)]?.focus(),
    k: () => links()[Math.max(at() - 1, 0)]?.focus(),
    x: () => links()[at()]?.parentElement?.querySelector<HTMLElement>('input')?.click(),
    '/': () => document.querySelector<HTMLElement>('#search')?.focus(),
  });
}
