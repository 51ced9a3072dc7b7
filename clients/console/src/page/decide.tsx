import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { type Api, problemText } from './api.ts';
import { Fault } from './fault.tsx';
import { FormFields, readForm } from './form-fields.tsx';
import { onKeys } from './keys.ts';
import type { Decision, Pending } from './orders.ts';
import { keepReceipt } from './state.ts';
import { nextText, receiptText } from './words.ts';

interface DecideProps {
  api: Api;
  orderId: string;
  pending: Pending;
  whenDone: (said: string) => void;
}

/** Confirm or reject, with what happens next beside each. */
export function Decide({ api, orderId, pending, whenDone }: DecideProps) {
  const form = useRef<HTMLFormElement>(null);
  const isBusy = useSignal(false);
  const fault = useSignal('');
  const { commentRequired = [], form: schema } = pending;
  useEffect(() => focusByKeys(), []);

  async function send(decision: Decision): Promise<void> {
    if (form.current === null) return;
    const given = new FormData(form.current);
    const comment = textOf(given, 'comment').trim();
    if (commentRequired.includes(decision) && comment === '') {
      fault.value = `To ${decision} it, say why in the comment.`;
      return;
    }
    if (decision === 'confirm' && !form.current.reportValidity()) return;
    let data: object | undefined;
    try {
      data = decision === 'confirm' && schema !== undefined ? readForm(schema, given) : undefined;
    } catch {
      fault.value = 'A field that asks for JSON does not hold any.';
      return;
    }
    isBusy.value = true;
    fault.value = '';
    const sent = await api.decide(orderId, { decision, ...(comment !== '' && { comment }), ...(data && { data }) });
    isBusy.value = false;
    if (!sent.isOk) {
      fault.value = problemText(sent.problem);
      return;
    }
    keepReceipt(orderId, sent.body.receipt);
    whenDone(receiptText(sent.body));
  }

  const whenNeeded = commentRequired.length === 0 ? 'Optional' : `Needed to ${commentRequired.join(' and to ')}`;
  return (
    <form
      ref={form}
      class="decide"
      aria-label="Your decision"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void send(event.submitter?.getAttribute('value') === 'reject' ? 'reject' : 'confirm');
      }}
    >
      {schema && <FormFields form={schema} />}
      <label class="field">
        Comment <span class="hint">{whenNeeded}</span>
        <textarea name="comment" maxLength={2_000} />
      </label>
      <div class="choices">
        {(['confirm', 'reject'] as const).map((decision) => (
          <div key={decision}>
            <button
              value={decision}
              class={decision === 'confirm' ? 'yes' : 'no'}
              disabled={isBusy.value}
              aria-describedby={`next-${decision}`}
            >
              {decision === 'confirm' ? 'Confirm' : 'Reject'}
            </button>
            <p id={`next-${decision}`} class="soft">
              {nextText(decision, pending)}
            </p>
          </div>
        ))}
      </div>
      <Fault text={fault.value} />
    </form>
  );
}

/** `c` and `r` only lead to the button: a decision takes one more key. */
function focusByKeys(): () => void {
  const focus = (kind: string) => () => document.querySelector<HTMLElement>(`.decide button.${kind}`)?.focus();
  return onKeys({ c: focus('yes'), r: focus('no') });
}

function textOf(given: FormData, name: string): string {
  const value = given.get(name);
  return typeof value === 'string' ? value : '';
}
