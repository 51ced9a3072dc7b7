import { effect, useSignal } from '@preact/signals';
import { render } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { parsePlace } from './address.ts';
import { type Api, apiAt } from './api.ts';
import { Fault } from './fault.tsx';
import { listed, selection } from './inbox-state.ts';
import { onKeys } from './keys.ts';
import { isLive, listenForChanges } from './live.ts';
import { Nav } from './nav.tsx';
import type { Settings } from './settings.ts';
import { finishSignIn, isSignedIn, person, signIn, signInFault, signOut } from './sign-in.ts';
import { announcement, hasShortcuts, isOffline, lastHeardAt, now, place, setShortcuts, title } from './state.ts';
import { TimeBanner } from './time-banner.tsx';
import { spanText } from './time-text.ts';
import { isOfMachine, isWide, View } from './view.tsx';

const root = document.querySelector('#console');
if (root !== null) void start(root);
effect(() => {
  document.title = title.value;
});

async function start(root: Element): Promise<void> {
  try {
    const answer = await fetch('settings.json');
    const settings = (await answer.json()) as Settings;
    if (settings.signIn !== undefined) {
      if (isOtherName(settings.signIn)) return location.replace(location.href.replace('//localhost', '//127.0.0.1'));
      await finishSignIn(settings.signIn);
      // Where it was begun, which the issuer was not told.
      place.value = parsePlace(location.hash);
    }
    if (settings.machine !== undefined) listenForChanges();
    root.replaceChildren();
    render(<Page settings={settings} api={apiAt(settings)} />, root);
  } catch {
    root.textContent = 'The page could not be started, for its server did not answer. Load it again.';
  }
}

/** An issuer on this machine leads back to the address of it, and what is kept under one name is not there under another. */
function isOtherName({ issuer }: NonNullable<Settings['signIn']>): boolean {
  return location.hostname === 'localhost' && new URL(issuer).hostname === '127.0.0.1';
}

function Page({ settings, api }: { settings: Settings; api: Api }) {
  const help = useRef<HTMLDialogElement>(null);
  const main = useRef<HTMLElement>(null);
  useEffect(() => pageKeys(help), []);
  const at = place.value;
  const where = at.page === 'order' ? at.orderId : at.page === 'mail' ? at.id : 'arn' in at ? at.arn : at.page;
  const isFirst = useRef(true);
  // Who goes to another page with the keyboard or by ear begins at its heading.
  useEffect(() => {
    if (!isFirst.current) main.current?.querySelector<HTMLElement>('h1')?.focus();
    isFirst.current = false;
  }, [where]);
  const mustSignIn = settings.signIn !== undefined && !isSignedIn.value;
  return (
    <>
      <header>
        <a href="#/" class="brand">
          Countersign
        </a>
        <Nav settings={settings} at={at} />
        <span class="who">
          {isLive.value && (
            <span class="live" title="Changes show by themselves, as they happen">
              Live
            </span>
          )}
          {isSignedIn.value && (
            <>
              <span>{person.value}</span>
              <button type="button" onClick={() => leave(settings.signIn)}>
                Sign out
              </button>
            </>
          )}
          <button type="button" onClick={() => help.current?.showModal()}>
            Keys
          </button>
        </span>
      </header>
      {isOffline.value && <Offline />}
      {settings.machine?.timeTravel === true && <TimeBanner />}
      <main ref={main} class={isWide(at) ? 'wide' : ''}>
        {mustSignIn && !isOfMachine(at) ? (
          <SignIn issuer={settings.signIn} />
        ) : (
          <View settings={settings} api={api} at={at} />
        )}
      </main>
      <p class="unseen" role="status">
        {announcement.value}
      </p>
      <dialog ref={help} aria-labelledby="keys">
        <h2 id="keys">Keys</h2>
        <dl class="keys">
          {KEYS.map(([key, does]) => (
            <div key={key}>
              <dt>
                <kbd>{key}</kbd>
              </dt>
              <dd>{does}</dd>
            </div>
          ))}
        </dl>
        <label class="field">
          <input
            type="checkbox"
            checked={hasShortcuts.value}
            onChange={({ currentTarget }) => setShortcuts(currentTarget.checked)}
          />
          Single keys do something
        </label>
        <button type="button" onClick={() => help.current?.close()}>
          Close
        </button>
      </dialog>
    </>
  );
}

const KEYS = [
  ['j', 'next order'],
  ['k', 'previous order'],
  ['x', 'select the order'],
  ['Enter', 'open the order'],
  ['/', 'search'],
  ['c', 'to the button that confirms'],
  ['r', 'to the button that rejects'],
  ['u', 'back to the inbox'],
  ['?', 'this'],
] as const;

function pageKeys(help: { readonly current: HTMLDialogElement | null }): () => void {
  return onKeys({ '?': () => help.current?.showModal(), u: () => (location.hash = '#/') });
}

/** Nothing of what one person saw is left for the next. */
function leave(issuer: Settings['signIn']): void {
  if (issuer !== undefined) signOut(issuer);
  listed.value = undefined;
  selection.value = new Set();
}

function Offline() {
  const heardAt = lastHeardAt.value;
  const age = heardAt === undefined ? '' : ` What you see is ${spanText(now.value - heardAt)} old.`;
  return (
    <p class="offline" role="alert">
      {`No connection to the service.${age} It is tried again by itself.`}
    </p>
  );
}

function SignIn({ issuer }: { issuer: NonNullable<Settings['signIn']> }) {
  const fault = useSignal('');
  const begin = () =>
    void signIn(issuer).catch(() => (fault.value = `The issuer ${issuer.issuer} did not answer. Try again.`));
  const said = fault.value === '' ? signInFault.value : fault.value;
  return (
    <div class="empty">
      <h1 tabIndex={-1}>Sign in</h1>
      <p>to see what waits for you.</p>
      <button type="button" class="main" onClick={begin}>
        Sign in
      </button>
      <Fault text={said} />
    </div>
  );
}
