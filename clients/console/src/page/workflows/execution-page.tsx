import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import { hashOf } from '../address.ts';
import { problemText } from '../api.ts';
import { Fault } from '../fault.tsx';
import { focusHeading } from '../focus.ts';
import { Instant } from '../instants.tsx';
import { announcement } from '../state.ts';
import { EventsTable } from './events-table.tsx';
import { Took } from './execution-list.tsx';
import { type ExecutionState, useExecution } from './execution-state.ts';
import { GraphView } from './graph-view.tsx';
import { eventCount, gapOf, loadedEvents } from './history.ts';
import { isoOf } from './instants.ts';
import { JsonView } from './json-view.tsx';
import { MapRuns } from './map-runs.tsx';
import { StartForm } from './start-form.tsx';
import { StatePanel } from './state-panel.tsx';
import { StatesTable } from './states-table.tsx';
import { StatusBadge } from './status.tsx';
import { TaskList } from './tasks.tsx';
import { journeyOf } from './visits.ts';
import type { ExecutionDescription } from './workflow.ts';
import { askStates, nameOf } from './workflow-api.ts';

/** One execution: where it stands, what its states came to, and every event of its history. */
export function ExecutionPage({ arn }: { arn: string }) {
  const state = useExecution(arn);
  const { execution, problem } = state;
  const shown = execution.value;
  const refusal = problem.value?.status === 0 ? undefined : problem.value;
  return (
    <>
      <p>
        <a href="#/machines">Workflows</a>
        {shown && (
          <>
            {' / '}
            <a href={hashOf({ page: 'machine', arn: shown.stateMachineArn, status: '' })}>
              {nameOf(shown.stateMachineArn)}
            </a>
          </>
        )}
      </p>
      <h1 tabIndex={-1}>{shown?.name ?? nameOf(arn)}</h1>
      {refusal && <p class="wrong">{problemText(refusal)}</p>}
      {shown === undefined && refusal === undefined && <p role="status">Loading …</p>}
      {shown && <Found state={state} execution={shown} />}
    </>
  );
}

function Found({ state, execution }: { state: ExecutionState; execution: ExecutionDescription }) {
  const { machine, tasks } = state;
  const history = state.history.value;
  const { status, startDate, stopDate, redriveCount = 0, error, cause, input, output } = execution;
  const journey = useMemo(() => journeyOf(loadedEvents(history), status), [history, status]);
  const selected = useSignal<string | undefined>(undefined);
  const chosen = selected.value ?? worthALook(journey.visits);
  const select = (name: string) => (selected.value = name);
  return (
    <>
      <p class="facts">
        <span role="status">
          <StatusBadge status={status} />
        </span>
        <span>
          Started <Instant at={isoOf(startDate)} />
        </span>
        <span>
          {stopDate === undefined ? 'Runs for ' : 'Took '}
          <Took from={startDate} to={stopDate} />
        </span>
        {redriveCount > 0 && <span>{`Redriven ${redriveCount === 1 ? 'once' : `${redriveCount} times`}`}</span>}
      </p>
      <Actions execution={execution} whenDone={state.soon} />
      {error !== undefined && (
        <div class="failure" role="group" aria-label="Why it ended">
          <strong>{error}</strong>
          {cause !== undefined && <JsonView label="Cause" text={cause} />}
        </div>
      )}
      {tasks.value.length > 0 && (
        <section aria-label="Waits for an answer">
          <h2>Waits for an answer</h2>
          <TaskList tasks={tasks.value} showsExecution={false} whenDone={state.soon} />
        </section>
      )}
      {machine.value && (
        <div class="sides pictured">
          <section aria-label="Graph">
            <h2>Graph</h2>
            <GraphView definition={machine.value.definition} journey={journey} selected={chosen} onSelect={select} />
          </section>
          {chosen !== undefined && (
            <StatePanel state={chosen} definition={machine.value.definition} visits={journey.visits} />
          )}
        </div>
      )}
      {gapOf(history) > 0 && (
        <p class="soft">
          {`Graph and states tell of the first ${history.head.length} and the last ${history.tail.length} of ${eventCount(history).toLocaleString()} events; more are read below.`}
        </p>
      )}
      <StatesTable visits={journey.visits} selected={chosen} onSelect={select} />
      <section aria-label="Input and output">
        <h2>Input and output</h2>
        <div class="sides">
          {input !== undefined && <JsonView label="Input" text={input} />}
          {output !== undefined && <JsonView label="Output" text={output} />}
        </div>
      </section>
      <MapRuns history={history} />
      <EventsTable history={history} startMs={startDate * 1000} onFill={state.fill} />
    </>
  );
}

/** What is under way, or what went wrong, or else the last that happened. */
function worthALook(visits: ReturnType<typeof journeyOf>['visits']): string | undefined {
  const running = visits.findLast(({ status }) => status === 'running' || status === 'waiting');
  const failed = visits.findLast(({ status }) => status === 'failed' || status === 'timed out');
  return (running ?? failed ?? visits.at(-1))?.state;
}

function Actions({ execution, whenDone }: { execution: ExecutionDescription; whenDone: () => void }) {
  const fault = useSignal('');
  const isBusy = useSignal(false);
  const wantsStop = useSignal(false);
  const { executionArn, status, redriveStatus, stateMachineArn, input, mapRunArn } = execution;

  async function ask(action: 'StopExecution' | 'RedriveExecution', said: string): Promise<void> {
    isBusy.value = true;
    const done = await askStates<object>(action, { executionArn });
    isBusy.value = false;
    wantsStop.value = false;
    fault.value = done.isOk ? '' : problemText(done.problem);
    if (!done.isOk) return;
    announcement.value = said;
    focusHeading();
    whenDone();
  }

  return (
    <>
      <div class="actions">
        {status === 'RUNNING' && !wantsStop.value && (
          <button type="button" class="no" onClick={() => (wantsStop.value = true)}>
            Stop …
          </button>
        )}
        {status === 'RUNNING' && wantsStop.value && (
          <>
            <span>It ends as aborted, and whatever waits in it is over.</span>
            <button
              type="button"
              class="no"
              ref={(button) => button?.focus()}
              disabled={isBusy.value}
              onClick={() => void ask('StopExecution', 'It is stopped')}
            >
              Stop it
            </button>
            <button type="button" onClick={() => (wantsStop.value = false)}>
              Let it run
            </button>
          </>
        )}
        {redriveStatus === 'REDRIVABLE' && (
          <button
            type="button"
            class="main"
            disabled={isBusy.value}
            onClick={() => void ask('RedriveExecution', 'It goes on')}
          >
            Redrive
          </button>
        )}
        {redriveStatus === 'REDRIVABLE_BY_MAP_RUN' && mapRunArn !== undefined && (
          <a href={hashOf({ page: 'map-run', arn: mapRunArn, status: '' })}>Redriven by its Map Run</a>
        )}
      </div>
      <Fault text={fault.value} />
      {status !== 'RUNNING' && mapRunArn === undefined && (
        <StartForm
          machine={{ stateMachineArn, type: 'STANDARD' }}
          label="Start another with this input"
          {...(input !== undefined && { input })}
        />
      )}
    </>
  );
}
