import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { hashOf, type MachinePlace } from '../address.ts';
import { problemText } from '../api.ts';
import type { Problem } from '../orders.ts';
import { ExecutionList } from './execution-list.tsx';
import { GraphView } from './graph-view.tsx';
import { statesOf } from './graph-model.ts';
import { JsonView } from './json-view.tsx';
import { StartForm } from './start-form.tsx';
import type { MachineDescription } from './workflow.ts';
import { askStates, nameOf } from './workflow-api.ts';

/** One state machine: its graph, a start, and its executions. */
export function MachinePage({ place }: { place: MachinePlace }) {
  const { arn } = place;
  const machine = useSignal<MachineDescription | undefined>(undefined);
  const problem = useSignal<Problem | undefined>(undefined);
  const selected = useSignal<string | undefined>(undefined);
  useEffect(() => {
    const gone = new AbortController();
    void askStates<MachineDescription>('DescribeStateMachine', { stateMachineArn: arn }, gone.signal).then((asked) => {
      if (gone.signal.aborted) return;
      if (asked.isOk) machine.value = asked.body;
      else problem.value = asked.problem;
    });
    return () => gone.abort();
  }, [arn]);

  const shown = machine.value;
  return (
    <>
      <p>
        <a href="#/machines">← Workflows</a>
      </p>
      <h1 tabIndex={-1}>{nameOf(arn)}</h1>
      {problem.value && <p class="wrong">{problemText(problem.value)}</p>}
      {shown && (
        <>
          <p class="soft">{shown.type === 'EXPRESS' ? 'Express' : 'Standard'}</p>
          <StartForm machine={shown} />
          <div class="sides">
            <section aria-label="Executions">
              <h2>Executions</h2>
              {shown.type === 'EXPRESS' ? (
                <p class="soft">Executions of an Express state machine are not kept. What they do is in the log.</p>
              ) : (
                <ExecutionList
                  of={{ stateMachineArn: arn }}
                  status={place.status}
                  hrefOf={(status) => hashOf({ ...place, status })}
                />
              )}
            </section>
            <section aria-label="Definition">
              <h2>Definition</h2>
              <GraphView
                definition={shown.definition}
                selected={selected.value}
                onSelect={(state) => (selected.value = state)}
              />
              <DefinitionOf definition={shown.definition} state={selected.value} />
            </section>
          </div>
        </>
      )}
    </>
  );
}

function DefinitionOf({ definition, state }: { definition: string; state: string | undefined }) {
  const found = state === undefined ? undefined : statesOf(definition).get(state);
  const [label, text] =
    state === undefined || found === undefined ? ['All of it', definition] : [state, JSON.stringify(found)];
  return <JsonView key={label} label={label} text={text} />;
}
