import { Age } from './instants.tsx';
import type { WorkProgress } from './orders.ts';

/** How far the work on an order has come. */
export function WorkProgressBar({ progress: { percent, at, message } }: { progress: WorkProgress }) {
  const whole = Math.round(percent);
  return (
    <div class="progress">
      <progress max={100} value={whole} aria-label="The work on the order" />
      <p class="soft">
        {whole} %{message !== undefined && ` · ${message}`} · <Age since={at} /> ago
      </p>
    </div>
  );
}
