import { useSignal } from '@preact/signals';
import { type Api, problemText } from './api.ts';
import { person } from './sign-in.ts';

interface ManageProps {
  api: Api;
  orderId: string;
  mayAnswer: boolean;
  whenDone: (said: string) => void;
}

/** What can be done about a request beside deciding: who may do which is for the service to say. */
export function Manage({ api, orderId, mayAnswer, whenDone }: ManageProps) {
  const fault = useSignal('');
  const isBusy = useSignal(false);

  async function act(action: 'reassignment' | 'withdrawal', event: SubmitEvent, said: string): Promise<void> {
    event.preventDefault();
    if (!(event.currentTarget instanceof HTMLFormElement)) return;
    const given = Object.fromEntries([...new FormData(event.currentTarget)].filter(([, value]) => value !== ''));
    isBusy.value = true;
    const done = await api.act(orderId, action, given);
    isBusy.value = false;
    fault.value = done.isOk ? '' : problemText(done.problem);
    if (done.isOk) whenDone(said);
  }

  return (
    <details class="manage">
      <summary>Hand it on, or withdraw it</summary>
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
      {fault.value !== '' && (
        <p class="wrong" role="alert">
          {fault.value}
        </p>
      )}
    </details>
  );
}
