import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { hashOf } from '../address.ts';
import { problemText } from '../api.ts';
import { Instant } from '../instants.tsx';
import type { Problem } from '../orders.ts';
import { poll } from '../polling.ts';
import { now } from '../state.ts';
import { durationText, isoOf } from './instants.ts';
import { STATUS_WORDS, StatusBadge } from './status.tsx';
import type { ExecutionItem, Executions, ExecutionStatus } from './workflow.ts';
import { askStates } from './workflow-api.ts';

const PAGE_SIZE = 50;
const FILTERS: readonly ExecutionStatus[] = ['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'];

interface ExecutionListProps {
  of: { readonly stateMachineArn: string } | { readonly mapRunArn: string };
  /** Empty for all. */
  status: string;
  hrefOf: (status: string) => string;
}

/** Executions, newest first, by status and page by page. The first page shows by itself what changes. */
export function ExecutionList({ of, status, hrefOf }: ExecutionListProps) {
  const found = useSignal<Executions | undefined>(undefined);
  const problem = useSignal<Problem | undefined>(undefined);
  /** The tokens of the pages before this one; the first has none. */
  const before = useSignal<readonly (string | undefined)[]>([]);
  const token = useSignal<string | undefined>(undefined);
  const of_ = JSON.stringify(of);
  useEffect(() => {
    before.value = [];
    token.value = undefined;
    found.value = undefined;
  }, [of_, status]);
  useEffect(() => {
    const polling = poll(
      async (signal) => {
        const request = {
          ...of,
          maxResults: PAGE_SIZE,
          ...(status !== '' && { statusFilter: status }),
          ...(token.value !== undefined && { nextToken: token.value }),
        };
        const asked = await askStates<Executions>('ListExecutions', request, signal);
        if (signal.aborted) return true;
        problem.value = asked.isOk ? undefined : asked.problem;
        if (asked.isOk && JSON.stringify(asked.body) !== JSON.stringify(found.value)) found.value = asked.body;
        return asked.isOk;
      },
      ['executions'],
    );
    return () => polling.stop();
  }, [of_, status, token.value]);

  const page = found.value;
  const refusal = problem.value?.status === 0 ? undefined : problem.value;
  return (
    <>
      <p class="filters" role="group" aria-label="By status">
        {['', ...FILTERS].map((each) => (
          <a key={each} href={hrefOf(each)} {...(each === status && { 'aria-current': 'true' })}>
            {each === '' ? 'All' : STATUS_WORDS[each as ExecutionStatus]}
          </a>
        ))}
      </p>
      {refusal && <p class="wrong">{problemText(refusal)}</p>}
      {page === undefined && refusal === undefined && <p role="status">Loading …</p>}
      {page?.executions.length === 0 && (
        <p class="soft">{status === '' ? 'None yet. Start one above.' : 'None of that status.'}</p>
      )}
      {page !== undefined && page.executions.length > 0 && <Table executions={page.executions} />}
      {(page?.nextToken !== undefined || before.value.length > 0) && (
        <p class="actions">
          <button
            type="button"
            disabled={before.value.length === 0}
            onClick={() => {
              token.value = before.value.at(-1);
              before.value = before.value.slice(0, -1);
            }}
          >
            Newer
          </button>
          <button
            type="button"
            disabled={page?.nextToken === undefined}
            onClick={() => {
              before.value = [...before.value, token.value];
              token.value = page?.nextToken;
            }}
          >
            Older
          </button>
        </p>
      )}
    </>
  );
}

function Table({ executions }: { executions: readonly ExecutionItem[] }) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Executions, a table">
      <table>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Status</th>
            <th scope="col">Started</th>
            <th scope="col">Took</th>
          </tr>
        </thead>
        <tbody>
          {executions.map((execution) => (
            <tr key={execution.executionArn}>
              <th scope="row">
                <a href={hashOf({ page: 'execution', arn: execution.executionArn })}>{execution.name}</a>
              </th>
              <td>
                <StatusBadge status={execution.status} />
              </td>
              <td>
                <Instant at={isoOf(execution.startDate)} />
              </td>
              <td>
                <Took from={execution.startDate} to={execution.stopDate} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Ticks for as long as it runs. Epoch seconds. */
export function Took({ from, to }: { from: number; to: number | undefined }) {
  const until = to === undefined ? Math.floor(now.value / 1000) : to;
  return <span class="took">{durationText((until - from) * 1000)}</span>;
}
