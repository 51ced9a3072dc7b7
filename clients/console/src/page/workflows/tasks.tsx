import { useSignal } from '@preact/signals';
import { problemText } from '../api.ts';
import { Fault } from '../fault.tsx';
import { Age, TimeLeft } from '../instants.tsx';
import { announcement } from '../state.ts';
import { hashOf } from '../address.ts';
import { jsonFault } from './json-fault.ts';
import { JsonInput } from './json-input.tsx';
import type { TaskAnswer, WaitingTask } from './workflow.ts';
import { answerTask, nameOf } from './workflow-api.ts';

interface TaskListProps {
  tasks: readonly WaitingTask[];
  /** Says whose they are, where that is not plain. */
  showsExecution: boolean;
  whenDone: () => void;
}

/** Tasks that wait for an answer, each with what it takes to give one. */
export function TaskList({ tasks, showsExecution, whenDone }: TaskListProps) {
  return (
    <ul class="tasks">
      {tasks.map((task) => (
        <li key={task.taskId} class="card" data-task={task.stateName}>
          <div class="task-head">
            <div class="what">
              <strong>{task.stateName}</strong>
              <span class="soft">
                {showsExecution && (
                  <>
                    <a href={hashOf({ page: 'execution', arn: task.executionArn })}>{nameOf(task.executionArn)}</a>
                    {' · '}
                  </>
                )}
                {resourceText(task.resource)}
              </span>
            </div>
            <span class="when">
              {task.timeoutAt === undefined ? (
                <span class="soft">no timeout</span>
              ) : (
                <TimeLeft until={task.timeoutAt} />
              )}
              <span class="soft">
                waits for <Age since={task.since} />
              </span>
              {task.heartbeatBy !== undefined && (
                <span class="soft">
                  heartbeat: <TimeLeft until={task.heartbeatBy} />
                </span>
              )}
            </span>
          </div>
          <Answer task={task} whenDone={whenDone} />
        </li>
      ))}
    </ul>
  );
}

function Answer({ task, whenDone }: { task: WaitingTask; whenDone: () => void }) {
  const kind = useSignal<'success' | 'failure'>('success');
  const output = useSignal('{}');
  const error = useSignal('');
  const cause = useSignal('');
  const fault = useSignal('');
  const isBusy = useSignal(false);

  async function send(answer: TaskAnswer, said: string): Promise<void> {
    isBusy.value = true;
    const sent = await answerTask(task.taskId, answer);
    isBusy.value = false;
    fault.value = sent.isOk ? '' : problemText(sent.problem);
    if (!sent.isOk) return;
    announcement.value = said;
    whenDone();
  }

  const isOutputWrong = kind.value === 'success' && jsonFault(output.value) !== undefined;
  function submit(event: SubmitEvent): void {
    event.preventDefault();
    if (isOutputWrong) return;
    const failure = {
      ...(error.value !== '' && { error: error.value }),
      ...(cause.value !== '' && { cause: cause.value }),
    };
    void send(
      kind.value === 'success' ? { kind: 'success', output: output.value } : { kind: 'failure', ...failure },
      `${task.stateName} is answered`,
    );
  }

  return (
    <details>
      <summary>Answer it</summary>
      <form onSubmit={submit} aria-label={`Answer ${task.stateName}`}>
        <p class="soft">
          The workflow goes on with this answer at once. It goes past whatever was to answer, such as people who were
          asked.
        </p>
        <fieldset class="either">
          <legend class="unseen">The answer</legend>
          <label>
            <input
              type="radio"
              checked={kind.value === 'success'}
              onChange={() => (kind.value = 'success')}
              name={task.taskId}
            />
            Success
          </label>
          <label>
            <input
              type="radio"
              checked={kind.value === 'failure'}
              onChange={() => (kind.value = 'failure')}
              name={task.taskId}
            />
            Failure
          </label>
        </fieldset>
        {kind.value === 'success' ? (
          <JsonInput label="Output" rows={4} value={output.value} onValue={(text) => (output.value = text)} />
        ) : (
          <>
            <label class="field">
              Error
              <input
                maxLength={256}
                value={error.value}
                onInput={({ currentTarget }) => (error.value = currentTarget.value)}
              />
            </label>
            <label class="field">
              Cause
              <textarea
                maxLength={32_768}
                rows={2}
                value={cause.value}
                onInput={({ currentTarget }) => (cause.value = currentTarget.value)}
              />
            </label>
          </>
        )}
        <div class="actions">
          <button class={kind.value === 'success' ? 'yes' : 'no'} disabled={isBusy.value || isOutputWrong}>
            {kind.value === 'success' ? 'Send success' : 'Send failure'}
          </button>
          {task.heartbeatBy !== undefined && (
            <button
              type="button"
              disabled={isBusy.value}
              onClick={() => void send({ kind: 'heartbeat' }, 'Heartbeat sent')}
            >
              Send heartbeat
            </button>
          )}
        </div>
        <Fault text={fault.value} />
      </form>
    </details>
  );
}

/** What follows the prefix that all integrations share. */
function resourceText(resource: string): string {
  return resource.replace(/^arn:[^:]+:states:::/, '').replace(/^arn:[^:]+:states:[^:]*:[^:]*:activity:/, 'activity ');
}
