import assert from 'node:assert/strict';

export interface RecordedEvent {
  readonly id: number;
  readonly previousEventId: number;
  readonly type: string;
}

const TERMINAL = /^Execution(Succeeded|Failed|Aborted|TimedOut)$/;

/** What holds for every history, whatever happened to the process that wrote it. */
export function assertWellFormed(events: readonly RecordedEvent[]): void {
  assert.deepEqual(
    events.map(({ id }) => id),
    events.map((_, index) => index + 1),
    'ids are dense',
  );
  for (const { id, previousEventId, type } of events)
    assert.ok(previousEventId < id, `${type} #${id} follows an earlier event`);
  assert.equal(events.filter(({ type }) => TERMINAL.test(type)).length, 1, 'it ends once');
  assert.match(events.at(-1)?.type ?? '', TERMINAL);
}

/** The types without attempts that failed: what an undisturbed execution would have recorded. */
export function withoutFailedAttempts(events: readonly RecordedEvent[]): string[] {
  const kept: string[] = [];
  for (const { type } of events) {
    if (/^(Task|LambdaFunction)Failed$/.test(type)) {
      while (!/(Task|LambdaFunction)Scheduled$/.test(kept.pop() ?? 'LambdaFunctionScheduled')) continue;
    } else {
      kept.push(type);
    }
  }
  return kept;
}
