import { useSignal } from '@preact/signals';
import { hashOf } from './address.ts';
import { type Api, type BulkResult, problemText } from './api.ts';
import { focusHeading, focusWhenShown } from './focus.ts';
import { Mark } from './icons.tsx';
import { selection } from './inbox-state.ts';
import type { Decision, PendingOrder } from './orders.ts';
import { announcement, keepReceipt } from './state.ts';
import { TimeLeft } from './instants.tsx';
import { receiptText } from './words.ts';

/** Decides on all that is ticked, after it has said what that means; each has a result of its own. */
export function Bulk({ api, orders, whenDone }: { api: Api; orders: readonly PendingOrder[]; whenDone: () => void }) {
  const chosen = useSignal<Decision | undefined>(undefined);
  const comment = useSignal('');
  const isBusy = useSignal(false);
  const results = useSignal<readonly BulkResult[]>([]);
  const picked = orders.filter(({ orderId }) => selection.value.has(orderId));
  const ids = picked.map(({ orderId }) => orderId);
  const count = ids.length === 1 ? '1 order' : `${ids.length} orders`;

  async function send(decision: Decision): Promise<void> {
    isBusy.value = true;
    const text = comment.value.trim();
    const sent = await api.decideMany(ids, { decision, ...(text !== '' && { comment: text }) });
    isBusy.value = false;
    chosen.value = undefined;
    comment.value = '';
    results.value = sent;
    for (const { id, answered } of sent) if (answered.isOk) keepReceipt(id, answered.body.receipt);
    // What was refused stays ticked, to be tried again.
    selection.value = new Set(sent.filter(({ answered }) => !answered.isOk).map(({ id }) => id));
    announcement.value = `${sent.filter(({ answered }) => answered.isOk).length} of ${sent.length} answers were accepted`;
    whenDone();
  }

  async function undo(id: string): Promise<void> {
    const undone = await api.act(id, 'undo', {});
    if (undone.isOk) results.value = results.value.filter((result) => result.id !== id);
    else results.value = results.value.map((result) => (result.id === id ? { id, answered: undone } : result));
    announcement.value = undone.isOk ? `The answer on ${id} is taken back` : problemText(undone.problem);
    whenDone();
  }

  return (
    <>
      {ids.length > 0 && (
        <section class="bulk" aria-label="Decide on what is selected">
          {chosen.value === undefined ? (
            <div class="actions">
              <span>{count} selected</span>
              <button type="button" class="yes" onClick={() => (chosen.value = 'confirm')}>
                Confirm …
              </button>
              <button type="button" class="no" onClick={() => (chosen.value = 'reject')}>
                Reject …
              </button>
              <button
                type="button"
                onClick={() => {
                  selection.value = new Set();
                  focusHeading();
                }}
              >
                Clear
              </button>
            </div>
          ) : (
            <form
              onSubmit={(event) => {
                event.preventDefault();
                if (chosen.value !== undefined) void send(chosen.value);
              }}
            >
              <p>{meaning(chosen.value, picked)}</p>
              <label class="field">
                Comment
                <input
                  ref={focusWhenShown}
                  value={comment.value}
                  maxLength={2_000}
                  required={picked.some(({ pending }) => pending.commentRequired?.includes(chosen.value ?? ''))}
                  onInput={({ currentTarget }) => (comment.value = currentTarget.value)}
                />
              </label>
              <div class="actions">
                <button class={chosen.value === 'confirm' ? 'yes' : 'no'} disabled={isBusy.value}>
                  {chosen.value === 'confirm' ? 'Confirm' : 'Reject'} {count}
                </button>
                <button
                  type="button"
                  onClick={() => {
                    chosen.value = undefined;
                    focusHeading();
                  }}
                >
                  Back
                </button>
              </div>
            </form>
          )}
        </section>
      )}
      {results.value.length > 0 && (
        <section class="results" aria-label="Results">
          <h2 tabIndex={-1} ref={focusWhenShown}>
            Results
          </h2>
          <ul>
            {results.value.map((result) => (
              <Result key={result.id} result={result} undo={() => void undo(result.id)} />
            ))}
          </ul>
          <button
            type="button"
            onClick={() => {
              results.value = [];
              focusHeading();
            }}
          >
            Done
          </button>
        </section>
      )}
    </>
  );
}

function Result({ result: { id, answered }, undo }: { result: BulkResult; undo: () => void }) {
  const effectiveAt = answered.isOk ? answered.body.effectiveAt : undefined;
  return (
    <li>
      <Mark kind={answered.isOk ? 'yes' : 'no'} />
      <a href={hashOf({ page: 'order', orderId: id })}>{id}</a>{' '}
      <span class={answered.isOk ? '' : 'wrong'}>
        {answered.isOk ? receiptText(answered.body) : problemText(answered.problem)}
      </span>
      {effectiveAt !== undefined && (
        <>
          {' '}
          <button type="button" onClick={undo}>
            Undo
          </button>{' '}
          <TimeLeft until={effectiveAt} />
        </>
      )}
    </li>
  );
}

function meaning(decision: Decision, picked: readonly PendingOrder[]): string {
  const unfit = picked.filter(({ pending }) => pending.form !== undefined).length;
  const forms = unfit === 0 ? '' : ` ${unfit} of them need a form to be filled in: open those one by one.`;
  if (decision === 'reject') return 'They end as rejected, for everybody.';
  return `Your confirmation counts for each of them. Where it is the last one needed, the workflow goes on.${forms}`;
}
