import { useSignal } from '@preact/signals';
import { hashOf } from '../address.ts';
import { problemText } from '../api.ts';
import { findExecutions, nameOf } from './workflow-api.ts';

/** Leads to the execution of a name, such as that of an order, whichever workflow is its. */
export function FindExecution() {
  const name = useSignal('');
  const said = useSignal('');
  const found = useSignal<readonly string[]>([]);

  async function find(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const wanted = name.value.trim();
    const asked = await findExecutions(wanted);
    found.value = asked.isOk ? asked.body.executions.map(({ executionArn }) => executionArn) : [];
    said.value = asked.isOk ? '' : problemText(asked.problem);
    const [only] = found.value;
    if (only !== undefined && found.value.length === 1) location.hash = hashOf({ page: 'execution', arn: only });
    else if (asked.isOk)
      said.value = only === undefined ? `There is no execution named ${wanted}.` : 'There are several:';
  }

  return (
    <form class="filter" role="search" onSubmit={(event) => void find(event)}>
      <input
        type="search"
        aria-label="Name of an execution"
        placeholder="Name of an execution"
        maxLength={200}
        required
        value={name.value}
        onInput={({ currentTarget }) => (name.value = currentTarget.value)}
      />
      <button>Find</button>
      {said.value !== '' && <p role="status">{said.value}</p>}
      {found.value.length > 1 && (
        <ul>
          {found.value.map((arn) => (
            <li key={arn}>
              <a href={hashOf({ page: 'execution', arn })}>{nameOf(arn.slice(0, arn.lastIndexOf(':')))}</a>
            </li>
          ))}
        </ul>
      )}
    </form>
  );
}
