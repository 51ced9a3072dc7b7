import { useSignal } from '@preact/signals';
import { hashOf } from '../address.ts';
import { problemText } from '../api.ts';
import { Fault } from '../fault.tsx';
import { announcement } from '../state.ts';
import { jsonFault } from './json-fault.ts';
import { JsonInput } from './json-input.tsx';
import type { MachineDescription } from './workflow.ts';
import { askStates } from './workflow-api.ts';

interface StartFormProps {
  machine: Pick<MachineDescription, 'stateMachineArn' | 'type'>;
  /** What it begins with. @default an empty object */
  input?: string;
  label?: string;
}

/** Starts an execution and leads to it. */
export function StartForm({ machine, input: given = '{}', label = 'Start an execution' }: StartFormProps) {
  const input = useSignal(readableJson(given));
  const name = useSignal('');
  const fault = useSignal('');
  const said = useSignal('');
  const isBusy = useSignal(false);
  const isWrong = jsonFault(input.value) !== undefined;

  async function start(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (isWrong) return;
    isBusy.value = true;
    const { stateMachineArn } = machine;
    const request = { stateMachineArn, input: input.value, ...(name.value !== '' && { name: name.value }) };
    const started = await askStates<{ executionArn: string }>('StartExecution', request);
    isBusy.value = false;
    fault.value = started.isOk ? '' : problemText(started.problem);
    if (!started.isOk) return;
    announcement.value = 'The execution is started';
    said.value = machine.type === 'STANDARD' ? '' : 'It is started. What it does is in the log.';
    if (machine.type === 'STANDARD') location.hash = hashOf({ page: 'execution', arn: started.body.executionArn });
  }

  return (
    <details class="start">
      <summary>{label}</summary>
      <form onSubmit={(event) => void start(event)} aria-label={label}>
        <JsonInput label="Input" value={input.value} onValue={(text) => (input.value = text)} />
        <label class="field">
          Name <span class="hint">Optional, and used once</span>
          <input
            maxLength={80}
            autocomplete="off"
            value={name.value}
            onInput={({ currentTarget }) => (name.value = currentTarget.value)}
          />
        </label>
        <button class="main" disabled={isBusy.value || isWrong}>
          Start
        </button>
        {said.value !== '' && <p class="soft">{said.value}</p>}
        <Fault text={fault.value} />
      </form>
    </details>
  );
}

/** Members on lines of their own. What is no JSON, or large, stays as it is. */
function readableJson(text: string): string {
  if (text.length > 20_000) return text;
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return text;
  }
}
