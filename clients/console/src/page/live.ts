import { signal } from '@preact/signals';

// The host of one machine says when something has changed. On AWS nobody does: HTTP APIs of API Gateway cannot stream.

/** What may have changed; `local/host/src/services/changes.ts` says so. What it has become is asked for. */
export type Subject = 'executions' | 'objects' | 'mails' | 'time' | 'log';

const SUBJECTS: readonly Subject[] = ['executions', 'objects', 'mails', 'time', 'log'];

/** Whether changes are told of. Where they are not, whoever wants to know asks now and then. */
export const isLive = signal(false);

type Listener = (subjects: readonly Subject[]) => void;

const listeners = new Set<Listener>();
let stream: EventSource | undefined;
let again = 0;

/** After this long a host that had no room, or was just being stopped, is asked again. */
const AGAIN_AFTER_MS = 15_000;

/** @returns what ends it */
export function onChange(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** From now on, as long as somebody looks at the page: a browser has six connections to an origin, for all of its tabs. */
export function listenForChanges(): void {
  const follow = () => (document.hidden ? close() : open());
  document.addEventListener('visibilitychange', follow);
  follow();
}

function open(): void {
  if (stream !== undefined) return;
  clearTimeout(again);
  const opened = new EventSource('/_countersign/changes');
  stream = opened;
  opened.addEventListener('open', () => {
    isLive.value = true;
    // What changed before is not told: it is all asked for.
    tell(SUBJECTS);
  });
  opened.addEventListener('message', ({ data }) => tell(subjectsIn(data)));
  opened.addEventListener('error', () => {
    const wasLive = isLive.value;
    isLive.value = false;
    if (opened.readyState === EventSource.CLOSED) {
      close();
      again = setTimeout(() => !document.hidden && open(), AGAIN_AFTER_MS);
    }
    // Whoever relied on it finds out at once whether it is the stream that is gone, or the service.
    if (wasLive) tell(SUBJECTS);
  });
}

function close(): void {
  stream?.close();
  stream = undefined;
  isLive.value = false;
}

function tell(subjects: readonly Subject[]): void {
  for (const listener of listeners) listener(subjects);
}

function subjectsIn(data: unknown): readonly Subject[] {
  const given: unknown = JSON.parse(String(data));
  return Array.isArray(given) ? SUBJECTS.filter((subject) => given.includes(subject)) : [];
}
