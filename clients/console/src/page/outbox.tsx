import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { hashOf, type OutboxPlace } from './address.ts';
import { problemText } from './api.ts';
import { DataView } from './data-view.tsx';
import { Instant } from './instants.tsx';
import { LinkedText } from './linked-text.tsx';
import { askMachine } from './machine.ts';
import type { Problem } from './orders.ts';
import { poll } from './polling.ts';

/** A mail that the app would have sent; `local/host/src/services/outbox.ts`. Instants are ISO 8601 in UTC. */
interface Mail {
  readonly id: string;
  readonly at: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly cc: readonly string[];
  readonly bcc: readonly string[];
  readonly replyTo: readonly string[];
  readonly subject: string;
  readonly text?: string;
  readonly html?: string;
  readonly raw?: string;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
}

interface Mails {
  readonly mails: readonly Mail[];
  readonly total: number;
  /** After which the next page begins; absent on the last. */
  readonly after?: string;
}

/** What would have been sent, the newest first. */
export function OutboxPage({ place }: { place: OutboxPlace }) {
  const found = useSignal<Mails | undefined>(undefined);
  const older = useSignal<Mails | undefined>(undefined);
  const problem = useSignal<Problem | undefined>(undefined);
  const { query } = place;
  const pathOf = (after: string) => `outbox.json?${new URLSearchParams({ q: query, after }).toString()}`;
  useEffect(() => {
    older.value = undefined;
    const polling = poll(
      async (signal) => {
        const asked = await askMachine<Mails>('GET', pathOf(''), undefined, signal);
        if (signal.aborted) return true;
        problem.value = asked.isOk ? undefined : asked.problem;
        if (asked.isOk) found.value = asked.body;
        return asked.isOk;
      },
      ['mails'],
    );
    return () => polling.stop();
  }, [query]);

  async function showOlder(after: string): Promise<void> {
    const asked = await askMachine<Mails>('GET', pathOf(after));
    problem.value = asked.isOk ? undefined : asked.problem;
    if (asked.isOk) older.value = { ...asked.body, mails: [...(older.value?.mails ?? []), ...asked.body.mails] };
  }

  const refusal = problem.value?.status === 0 ? undefined : problem.value;
  const newest = found.value;
  if (newest === undefined)
    return refusal ? <p class="wrong">{problemText(refusal)}</p> : <p role="status">Loading …</p>;
  const known = new Set(newest.mails.map(({ id }) => id));
  const mails = [...newest.mails, ...(older.value?.mails.filter(({ id }) => !known.has(id)) ?? [])];
  const after = older.value === undefined ? newest.after : older.value.after;
  return (
    <>
      <p class="soft">Mails are kept on this machine and never sent.</p>
      <form class="filter" role="search" onSubmit={(event) => event.preventDefault()}>
        <input
          type="search"
          aria-label="Search in mails"
          placeholder="An order, an address, a word"
          value={query}
          onInput={({ currentTarget }) => location.replace(hashOf({ page: 'outbox', query: currentTarget.value }))}
        />
      </form>
      {mails.length === 0 && <NoMails isFiltered={query !== ''} />}
      <ul class="orders" aria-label="Mails">
        {mails.map((mail) => (
          <li key={mail.id} class="row">
            <a class="what" href={hashOf({ page: 'mail', id: mail.id })}>
              <strong>{mail.subject === '' ? '(no subject)' : mail.subject}</strong>
              <span class="soft">to {[...mail.to, ...mail.cc, ...mail.bcc].join(', ')}</span>
            </a>
            <span class="when">
              <Instant at={mail.at} />
            </span>
          </li>
        ))}
      </ul>
      {after !== undefined && (
        <button type="button" onClick={() => void showOlder(after)}>
          Older
        </button>
      )}
    </>
  );
}

function NoMails({ isFiltered }: { isFiltered: boolean }) {
  if (isFiltered) return <p class="soft">No mail holds that.</p>;
  return (
    <div class="empty">
      <h2>No mail yet</h2>
      <p>
        The app sends mails where it was started with a sender: <kbd>-c mailFrom=orders@example.com</kbd>. See the guide
        to confirmations.
      </p>
    </div>
  );
}

/** One mail as text. Its HTML is shown by a page on which nothing of it runs. */
export function MailPage({ id }: { id: string }) {
  const mail = useSignal<Mail | undefined>(undefined);
  const problem = useSignal<Problem | undefined>(undefined);
  useEffect(() => {
    const left = new AbortController();
    void askMachine<Mail>('GET', `outbox/${encodeURIComponent(id)}.json`, undefined, left.signal).then((asked) => {
      if (left.signal.aborted) return;
      if (asked.isOk) mail.value = asked.body;
      else problem.value = asked.problem;
    });
    return () => left.abort();
  }, [id]);
  const shown = mail.value;
  return (
    <>
      <p>
        <a href="#/outbox" class="back">
          ← Outbox
        </a>
      </p>
      <h1 tabIndex={-1}>{shown?.subject ?? 'Mail'}</h1>
      {shown === undefined &&
        (problem.value ? <p class="wrong">{problemText(problem.value)}</p> : <p role="status">Loading …</p>)}
      {shown && (
        <>
          <p class="soft">
            <Instant at={shown.at} />
          </p>
          <DataView value={factsOf(shown)} />
          <pre class="mail">
            <LinkedText text={shown.text ?? shown.raw ?? 'It has no text.'} />
          </pre>
          {shown.html !== undefined && (
            <p>
              <a href={`/_countersign/outbox/${encodeURIComponent(id)}`} target="_blank" rel="noreferrer">
                As a mail program would show it
              </a>
            </p>
          )}
        </>
      )}
    </>
  );
}

function factsOf({ from, to, cc, bcc, replyTo, headers }: Mail): object {
  const lists = { to, cc, bcc, replyTo };
  return {
    from,
    ...Object.fromEntries(
      Object.entries(lists)
        .filter(([, addresses]) => addresses.length > 0)
        .map(([name, addresses]) => [name, addresses.join(', ')]),
    ),
    ...Object.fromEntries(headers.map(({ name, value }) => [name, value])),
  };
}
