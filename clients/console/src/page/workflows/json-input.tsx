import { useSignal } from '@preact/signals';
import { useId, useRef } from 'preact/hooks';
import { jsonFault } from './json-fault.ts';

interface JsonInputProps {
  label: string;
  value: string;
  onValue: (text: string) => void;
  rows?: number;
}

/** A text that has to be JSON: what is wrong with it is said by line and column, and shown on request. */
export function JsonInput({ label, value, onValue, rows = 8 }: JsonInputProps) {
  const id = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  const wasLeft = useSignal(false);
  const fault = jsonFault(value);
  const isShown = fault !== undefined && wasLeft.value;
  function show(): void {
    if (fault === undefined) return;
    field.current?.focus();
    field.current?.setSelectionRange(fault.index, Math.min(fault.index + 1, value.length));
  }
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <textarea
        id={id}
        ref={field}
        class="code"
        rows={rows}
        spellcheck={false}
        autocomplete="off"
        value={value}
        aria-invalid={isShown}
        aria-describedby={`${id}-fault`}
        onInput={({ currentTarget }) => {
          onValue(currentTarget.value);
          if (jsonFault(currentTarget.value) === undefined) wasLeft.value = false;
        }}
        onBlur={() => (wasLeft.value = true)}
      />
      <p id={`${id}-fault`} class={isShown ? 'wrong' : 'soft'} role={isShown ? 'alert' : undefined}>
        {isShown ? (
          <>
            {`Line ${fault.line}, column ${fault.column}: ${fault.message}. `}
            <button type="button" class="small" onClick={show}>
              Show
            </button>
          </>
        ) : (
          'JSON'
        )}
      </p>
    </div>
  );
}
