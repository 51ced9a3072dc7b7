import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { hashOf } from './address.ts';
import { problemText } from './api.ts';
import { Fault } from './fault.tsx';
import { focusWhenShown } from './focus.ts';
import { Instant } from './instants.tsx';
import type { Problem } from './orders.ts';
import type { Polling } from './polling.ts';
import { announcement, now } from './state.ts';
import { countText } from './time-banner.tsx';
import { followTime, moveTimeOn, timeShown } from './time-state.ts';
import { spanText } from './time-text.ts';
import { timerWords } from './timer-words.ts';
import type { TimeAdvanced, Timer } from './times.ts';

/** What is due next, and the clock to move on: for whoever wants to see a deadline pass without waiting for it. */
export function TimePage() {
  const problem = useSignal<Problem | undefined>(undefined);
  const advanced = useSignal<TimeAdvanced | undefined>(undefined);
  const isMoving = useSignal(false);
  const polling = useRef<Polling>(undefined);
  useEffect(() => {
    polling.current = followTime(['time', 'executions']);
    return () => polling.current?.stop();
  }, []);

  async function move(journey: { by: string } | { to: string }): Promise<void> {
    isMoving.value = true;
    problem.value = undefined;
    const moved = await moveTimeOn(journey);
    isMoving.value = false;
    if (moved.isOk) {
      advanced.value = moved.body;
      announcement.value = `The clock was moved on: ${countText(moved.body.firedCount)}`;
    } else problem.value = moved.problem;
    polling.current?.soon();
  }

  const time = timeShown.value;
  if (time === undefined) return <p role="status">Loading …</p>;
  const isBusy = isMoving.value || time.advancing !== undefined;
  const upcoming = time.next.find(({ executionArn }) => executionArn !== undefined) ?? time.next[0];
  return (
    <>
      <p class="clock">
        <Instant at={new Date(now.value).toISOString()} />
        <span class="soft">
          {time.offsetSeconds === 0
            ? 'as on this machine'
            : `${spanText(time.offsetSeconds * 1000)} ahead of this machine`}
        </span>
      </p>
      <section class="card" aria-label="Move the clock on">
        <h2>Move the clock on</h2>
        <p class="soft">
          Whatever is due on the way happens, each at its own time: reminders, escalations, deadlines, schedules. Time
          does not go back, and the next start goes on from there.
        </p>
        <div class="actions">
          <button
            type="button"
            class="main"
            disabled={isBusy || upcoming === undefined}
            onClick={() => upcoming && void move({ to: upcoming.dueAt })}
          >
            To the next timer
          </button>
          {STEPS.map(([label, by]) => (
            <button key={by} type="button" disabled={isBusy} onClick={() => void move({ by })}>
              {label}
            </button>
          ))}
        </div>
        <GoTo isBusy={isBusy} go={(to) => void move({ to })} />
        {isBusy && (
          <p role="status">
            Time passes … {time.advancing !== undefined && `${countText(time.advancing.firedCount)} so far.`}
          </p>
        )}
        <Fault text={problem.value && problemText(problem.value)} />
      </section>
      {advanced.value && <OnTheWay advanced={advanced.value} />}
      <section aria-label="Due next">
        <h2>Due next</h2>
        {time.next.length === 0 && <p class="soft">Nothing is due.</p>}
        <TimerList timers={time.next} isBusy={isBusy} go={(to) => void move({ to })} />
      </section>
    </>
  );
}

const STEPS = [
  ['+ 1 hour', 'PT1H'],
  ['+ 1 day', 'P1D'],
  ['+ 3 days', 'P3D'],
  ['+ 30 days', 'P30D'],
] as const;

function GoTo({ isBusy, go }: { isBusy: boolean; go: (to: string) => void }) {
  return (
    <form
      class="inline"
      onSubmit={(event) => {
        event.preventDefault();
        const given = new FormData(event.currentTarget).get('to');
        const atMs = typeof given === 'string' ? Date.parse(given) : NaN;
        if (!Number.isNaN(atMs)) go(new Date(atMs).toISOString());
      }}
    >
      <label>
        To
        <input type="datetime-local" name="to" required step="1" />
      </label>
      <button disabled={isBusy}>Go there</button>
    </form>
  );
}

function OnTheWay({ advanced }: { advanced: TimeAdvanced }) {
  const { from, now: arrivedAt, firedCount, fired, leftRunning } = advanced;
  // What became of executions is what people look for; schedules fire all the time.
  const [ofExecutions = [], others = []] = [true, false].map((isOfExecution) =>
    fired.filter(({ executionArn }) => (executionArn !== undefined) === isOfExecution),
  );
  return (
    <section class="card" aria-label="On the way">
      <h2 tabIndex={-1} ref={focusWhenShown}>
        {firedCount === 0 ? 'Nothing was due on the way' : countText(firedCount)}
      </h2>
      <p class="soft">
        From <Instant at={from} /> to <Instant at={arrivedAt} />.
        {firedCount > fired.length && ` ${fired.length} of them are shown.`}
      </p>
      {leftRunning > 0 && <p class="soon">Something ran for so long that time moved on without it.</p>}
      <TimerList timers={[...ofExecutions, ...others]} />
    </section>
  );
}

function TimerList({
  timers,
  isBusy = false,
  go,
}: {
  timers: readonly Timer[];
  isBusy?: boolean;
  go?: (to: string) => void;
}) {
  return (
    <ul class="timers">
      {timers.map((timer) => {
        const { dueAt, executionArn } = timer;
        const leftMs = Date.parse(dueAt) - now.value;
        const { what, about } = timerWords(timer);
        return (
          <li key={`${dueAt} ${executionArn} ${timer.kind} ${timer.state}`} class="row">
            <span class="what">
              <strong>{what}</strong>
              <span class="soft">
                {executionArn === undefined ? (
                  about
                ) : (
                  <a href={hashOf({ page: 'execution', arn: executionArn })}>{about}</a>
                )}
              </span>
            </span>
            <span class="when">
              <Instant at={dueAt} />
              {go !== undefined && <span class="soft">{leftMs <= 0 ? 'due now' : `in ${spanText(leftMs)}`}</span>}
            </span>
            {go !== undefined && (
              <button type="button" disabled={isBusy || leftMs <= 0} onClick={() => go(dueAt)}>
                Go there<span class="unseen">: {`${what}, ${about}`}</span>
              </button>
            )}
          </li>
        );
      })}
    </ul>
  );
}
