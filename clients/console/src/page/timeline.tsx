import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { checkRecord, type RecordCheck } from './check-record.ts';
import { Mark } from './icons.tsx';
import { Instant } from './instants.tsx';
import type { OrderRecord } from './orders.ts';
import { receiptsOf } from './state.ts';
import { entryWords } from './words.ts';

/** Who did what, from the record, and whether the record is as it was written: this browser computes it. */
export function Timeline({ orderId, record }: { orderId: string; record: OrderRecord }) {
  const check = useSignal<RecordCheck | undefined>(undefined);
  useEffect(() => {
    let isCurrent = true;
    // Undefined where the page came neither by https nor from this machine, whatever its type says.
    const subtle = crypto.subtle as SubtleCrypto | undefined;
    void checkRecord(record, receiptsOf(orderId), subtle).then((found) => {
      if (isCurrent) check.value = found;
    });
    return () => {
      isCurrent = false;
    };
  }, [record]);
  return (
    <section aria-label="What happened">
      <h2>What happened</h2>
      <ol class="timeline">
        {record.entries.map((entry) => {
          const { who, what } = entryWords(entry);
          return (
            <li key={entry.hash}>
              <strong>{who}</strong> {what}
              <span class="soft">
                <Instant at={entry.at} />
              </span>
            </li>
          );
        })}
      </ol>
      {check.value && <Verdict check={check.value} />}
      {record.head !== undefined && (
        <details>
          <summary>Proof</summary>
          <p>
            The digest of the last entry. Keep it: a record that was rewritten later cannot have it.
            <code>{record.head}</code>
          </p>
        </details>
      )}
    </section>
  );
}

function Verdict({ check }: { check: RecordCheck }) {
  switch (check.kind) {
    case 'whole':
      return (
        <p class="verdict">
          <Mark kind="yes" /> Verified in this browser: all {check.entries} entries are as they were written.
        </p>
      );
    case 'broken':
      return (
        <p class="verdict wrong" role="alert">
          <Mark kind="no" /> The record was changed{check.seq === undefined ? '' : ` at entry ${check.seq}`}:{' '}
          {check.because}.
        </p>
      );
    case 'impossible':
      return <p class="soft">A browser verifies records only over https or on its own machine.</p>;
  }
}
