/** Drawn beside words that say the same, so nobody is told of them. */
export function Mark({ kind }: { kind: 'yes' | 'no' | 'wait' }) {
  const path = { yes: 'M3 8.5l3.5 3.5L13 4.5', no: 'M4 4l8 8M12 4l-8 8', wait: 'M8 4v4.5l3 2' }[kind];
  return (
    <svg class={`mark ${kind}`} viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path d={path} fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" />
    </svg>
  );
}
