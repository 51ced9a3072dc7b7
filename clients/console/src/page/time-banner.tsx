import { useEffect } from 'preact/hooks';
import { Instant } from './instants.tsx';
import { followTime, timeShown } from './time-state.ts';
import { spanText } from './time-text.ts';

/** On every page, as long as the time of this AWS is not that of the machine. */
export function TimeBanner() {
  useEffect(() => {
    const following = followTime(['time']);
    return () => following.stop();
  }, []);
  const time = timeShown.value;
  if (time === undefined) return null;
  const { now, offsetSeconds, advancing } = time;
  if (advancing !== undefined) {
    return (
      <p class="travelling" role="status">
        The clock is being moved on to <Instant at={advancing.to} />: {countText(advancing.firedCount)} so far.
      </p>
    );
  }
  if (offsetSeconds === 0) return null;
  return (
    <aside class="travelling" aria-label="Clock">
      The clock was moved: it is {spanText(offsetSeconds * 1000)} ahead of this machine. <a href="#/time">Time</a>
      <span class="unseen">
        <Instant at={now} />
      </span>
    </aside>
  );
}

/** Of timers. */
export function countText(firedCount: number): string {
  return firedCount === 1 ? '1 thing fell due' : `${firedCount} things fell due`;
}
