import { hasShortcuts } from './state.ts';

/** Has single keys do something for as long as nobody types, has switched that off, or has a dialog open. @returns what ends it */
export function onKeys(does: Readonly<Record<string, () => void>>): () => void {
  const listener = (event: KeyboardEvent) => {
    const work = Object.hasOwn(does, event.key) ? does[event.key] : undefined;
    const isForUs = hasShortcuts.value && !isTyping(event) && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (work === undefined || !isForUs || document.querySelector('dialog[open]') !== null) return;
    event.preventDefault();
    work();
  };
  addEventListener('keydown', listener);
  return () => removeEventListener('keydown', listener);
}

function isTyping({ target }: Event): boolean {
  return target instanceof HTMLElement && target.matches('input:not([type=checkbox]), textarea, select');
}
