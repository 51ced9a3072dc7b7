import { useSignal } from '@preact/signals';
import { type Api, problemText } from './api.ts';
import { Fault } from './fault.tsx';
import type { Pending } from './orders.ts';
import { person } from './sign-in.ts';

interface ManageProps {
  api: Api;
  orderId: string;
  pending: Pending;
  whenDone: (said: string) => void;
}

/** What can be done about a request beside deciding: who may do which is for the service to say. */
export function Manage({ api, orderId, pending: { mayAnswer, deadline }, whenDone }: ManageProps) {
  const fault = useSignal('');
  const isBusy = useSignal(false);

  async function act(
    action: 'reassignment' | 'withdrawal' | 'deadline',
    event: SubmitEvent,
    said: string,
  ): Promise<void> {
    event.preventDefault();
    if (!(event.currentTarget instanceof HTMLFormElement)) return;
    const filledIn = [...new FormData(event.currentTarget)].filter(([, value]) => value !== '');
    const given = Object.fromEntries(filledIn.map(([name, value]) => [name, readField(name, value)]));
    isBusy.value = true;
    const done = await (action === 'deadline' ? api.moveDeadline(orderId, given) : api.act(orderId, action, given));
    isBusy.value = false;
    fault.value = done.isOk ? '' : problemText(done.problem);
    if (done.isOk) whenDone(said);
  }

  return (
    <details class="manage">
      <summary>Hand it on, move its deadline, or withdraw it</summary>
      <form aria-label="Hand it on" onSubmit={(event) => void act('reassignment', event, 'It is handed on')}>
        <p class="soft">Somebody else answers instead. The owner can say in whose place.</p>
        {!(mayAnswer && person.value !== undefined) && (
          <label class="field">
            In the place of
            <input name="from" maxLength={200} required />
          </label>
        )}
        <label class="field">
          To
          <input name="to" maxLength={200} required autocomplete="off" />
        </label>
        <label class="field">
          Reason <span class="hint">Optional</span>
          <input name="reason" maxLength={2_000} />
        </label>
        <button disabled={isBusy.value}>Hand it on</button>
      </form>
      {deadline !== undefined && (
        <form aria-label="Move its deadline" onSubmit={(event) => void act('deadline', event, 'Its deadline is moved')}>
          <p class="soft">People get more time, or less. The owner may do that.</p>
          <label class="field">
            Deadline
            <input type="datetime-local" name="deadline" step="1" required defaultValue={localText(deadline)} />
          </label>
          <label class="field">
            Reason <span class="hint">Optional</span>
            <input name="reason" maxLength={2_000} />
          </label>
          <button disabled={isBusy.value}>Move the deadline</button>
        </form>
      )}
      <form aria-label="Withdraw it" onSubmit={(event) => void act('withdrawal', event, 'It is withdrawn')}>
        <p class="soft">
          The order ends as withdrawn, and nobody is asked any more. Its owner and who sent it may do that.
        </p>
        <label class="field">
          Reason <span class="hint">Optional</span>
          <input name="reason" maxLength={2_000} />
        </label>
        <button class="no" disabled={isBusy.value}>
          Withdraw it
        </button>
      </form>
      <Fault text={fault.value} />
    </details>
  );
}

/** A field for an instant gives it in the time zone of whoever looks. */
function readField(name: string, value: FormDataEntryValue): FormDataEntryValue {
  return name === 'deadline' && typeof value === 'string' ? new Date(value).toISOString() : value;
}

/** As a field for an instant takes it: `2026-12-01T17:00:00`, in the time zone of whoever looks. */
function localText(instant: string): string {
  const at = new Date(instant);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}
