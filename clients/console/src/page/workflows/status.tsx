import type { ExecutionStatus } from './workflow.ts';

export const STATUS_WORDS: Readonly<Record<ExecutionStatus, string>> = {
  RUNNING: 'Running',
  SUCCEEDED: 'Succeeded',
  FAILED: 'Failed',
  TIMED_OUT: 'Timed out',
  ABORTED: 'Aborted',
  PENDING_REDRIVE: 'Waits for its redrive',
};

export function StatusBadge({ status }: { status: ExecutionStatus }) {
  return <span class={`status run-${status.toLowerCase()}`}>{STATUS_WORDS[status]}</span>;
}
