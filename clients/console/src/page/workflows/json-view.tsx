import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import type { ComponentChildren } from 'preact';
import { bytesText } from './sizes.ts';

interface JsonViewProps {
  /** What it is, in a word. */
  label: string;
  /** JSON text; any other text is shown as it is. */
  text: string;
}

/** So many members of one value are shown at once, and so many more at each wish. */
const MEMBERS_SHOWN = 100;
/** Deeper than this a value is folded until somebody opens it. */
const OPEN_DEPTH = 2;
/** Longer text is copied and not walked through: it would hold the page up. */
const SEARCHED_LETTERS_MAX = 2_000_000;

/** JSON that folds, is searched, and is copied as it came. All of it is text. */
export function JsonView({ label, text }: JsonViewProps) {
  const parsed = useMemo(() => parse(text), [text]);
  const query = useSignal('');
  const isFoldable = typeof parsed.value === 'object' && parsed.value !== null;
  const isSearchable = isFoldable && text.length > 200 && text.length <= SEARCHED_LETTERS_MAX;
  const wanted = query.value.trim().toLowerCase();
  return (
    <div class="json" role="group" aria-label={label}>
      <div class="json-head">
        <span class="json-label">{label}</span>
        <span class="soft">{bytesText(new TextEncoder().encode(text).length)}</span>
        {isSearchable && (
          <input
            type="search"
            aria-label={`Search in ${label}`}
            placeholder="Search"
            value={query.value}
            onInput={({ currentTarget }) => (query.value = currentTarget.value)}
          />
        )}
        {wanted !== '' && <span class="soft" role="status">{`${countIn(parsed.value, wanted)} found`}</span>}
        <Copy text={text} label={label} />
      </div>
      <div class="json-body" tabIndex={0} role="group" aria-label={`${label}, its value`}>
        {parsed.isJson ? (
          <Value value={parsed.value} depth={0} wanted={wanted} />
        ) : (
          <span class="json-text">{text}</span>
        )}
      </div>
    </div>
  );
}

function Copy({ text, label }: { text: string; label: string }) {
  const said = useSignal('Copy');
  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      said.value = 'Copied';
    } catch {
      said.value = 'Not allowed';
    }
    setTimeout(() => (said.value = 'Copy'), 2_000);
  }
  return (
    <button type="button" class="small" aria-label={`${said.value}: ${label}`} onClick={() => void copy()}>
      {said.value}
    </button>
  );
}

interface ValueProps {
  value: unknown;
  name?: string;
  depth: number;
  /** In small letters; empty for nothing. */
  wanted: string;
}

function Value({ value, name, depth, wanted }: ValueProps): ComponentChildren {
  const head = name !== undefined && (
    <>
      <span class="json-name">{marked(name, wanted)}</span>
      {': '}
    </>
  );
  if (typeof value !== 'object' || value === null) {
    return (
      <span class="json-line">
        {head}
        <span class={`json-${value === null ? 'null' : typeof value}`}>{marked(JSON.stringify(value), wanted)}</span>
      </span>
    );
  }
  const entries = Object.entries(value);
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  if (entries.length === 0) return <span class="json-line">{[head, open, close]}</span>;
  return (
    <Fold
      key={wanted}
      isOpen={depth < OPEN_DEPTH && entries.length <= MEMBERS_SHOWN ? true : holds(value, wanted)}
      head={[head, open]}
      count={entries.length}
      close={close}
    >
      {() => <Members entries={entries} isList={Array.isArray(value)} depth={depth} wanted={wanted} />}
    </Fold>
  );
}

interface FoldProps {
  isOpen: boolean;
  head: ComponentChildren;
  count: number;
  close: string;
  /** Made only while it is open: a large value is mostly folded. */
  children: () => ComponentChildren;
}

function Fold({ isOpen, head, count, close, children }: FoldProps) {
  const open = useSignal(isOpen);
  return (
    <details class="json-fold" open={open.value} onToggle={({ currentTarget }) => (open.value = currentTarget.open)}>
      <summary>
        {head}
        {!open.value && (
          <>
            {`…${close} `}
            <span class="json-count">{count}</span>
          </>
        )}
      </summary>
      {open.value && (
        <>
          <div class="json-members">{children()}</div>
          <span>{close}</span>
        </>
      )}
    </details>
  );
}

interface MembersProps {
  entries: readonly (readonly [string, unknown])[];
  isList: boolean;
  depth: number;
  wanted: string;
}

function Members({ entries, isList, depth, wanted }: MembersProps) {
  const shown = useSignal(MEMBERS_SHOWN);
  // What is searched for is not behind a button.
  const [visible, rest] =
    wanted === ''
      ? [entries.slice(0, shown.value), entries.length - shown.value]
      : [entries.filter(([name, value], index) => index < shown.value || holds({ [name]: value }, wanted)), 0];
  return (
    <>
      {visible.map(([name, value]) => (
        <div key={name}>
          <Value value={value} depth={depth + 1} wanted={wanted} {...(!isList && { name })} />
        </div>
      ))}
      {rest > 0 && (
        <button type="button" class="small" onClick={() => (shown.value += MEMBERS_SHOWN * 10)}>
          {`${rest} more`}
        </button>
      )}
    </>
  );
}

/** The text, with what is searched for marked in it. */
function marked(text: string, wanted: string): ComponentChildren {
  if (wanted === '') return text;
  const small = text.toLowerCase();
  const parts: ComponentChildren[] = [];
  let end = 0;
  for (let at = small.indexOf(wanted); at >= 0; at = small.indexOf(wanted, end)) {
    parts.push(text.slice(end, at), <mark>{text.slice(at, at + wanted.length)}</mark>);
    end = at + wanted.length;
  }
  return [...parts, text.slice(end)];
}

function holds(value: unknown, wanted: string): boolean {
  return wanted !== '' && countIn(value, wanted, 1) > 0;
}

/** In how many names and values it stands, counted up to `max`. */
function countIn(value: unknown, wanted: string, max = Infinity): number {
  if (typeof value !== 'object' || value === null) return Number(JSON.stringify(value).toLowerCase().includes(wanted));
  let count = 0;
  for (const [name, member] of Object.entries(value)) {
    if (!Array.isArray(value) && name.toLowerCase().includes(wanted)) count += 1;
    count += countIn(member, wanted, max - count);
    if (count >= max) break;
  }
  return count;
}

function parse(text: string): { readonly isJson: boolean; readonly value?: unknown } {
  try {
    return { isJson: true, value: JSON.parse(text) };
  } catch {
    return { isJson: false };
  }
}
