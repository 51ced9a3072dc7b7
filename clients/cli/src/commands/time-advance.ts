import { type Command, InvalidArgumentError } from 'commander';
import { advanceTime, showTime, type TimeAdvanced } from '../ask-time.ts';
import { CliError } from '../cli-error.ts';
import { exitCode } from '../exit-code.ts';
import { parseInstant } from '../instant-text.ts';
import { parseJourney } from '../journey-text.ts';
import { print, printJson, say } from '../output.ts';
import { timeCommand, timeEndpoint, type TimeOptions } from '../time-options.ts';
import { timerTable, timeText } from '../timer-table.ts';
import { whileTimePasses } from '../while-time-passes.ts';

interface AdvanceOptions extends TimeOptions {
  to?: string;
}

export function timeAdvance(): Command {
  return timeCommand('advance', 'Move the clock on, from one due timer to the next.', [
    'countersign time advance 3d',
    'countersign time advance P1M',
    'countersign time advance --to 2026-12-01T17:00:00Z',
  ])
    .argument('[by]', '3d, 4h, 1d12h, 30m, or as in ISO 8601: P1M', parseJourney)
    .option('--to <instant>', 'to this instant, with its offset', instant)
    .action(advance);
}

/** From now would be from this machine's now, which is not that of the host. */
function instant(text: string): string {
  if (text.startsWith('+'))
    throw new InvalidArgumentError('An instant has its date, time and offset: 2026-12-01T17:00:00Z.');
  return parseInstant(text, 0);
}

async function advance(by: string | undefined, options: AdvanceOptions): Promise<void> {
  const { to } = options;
  if ((by === undefined) === (to === undefined)) {
    throw new CliError(
      exitCode.usage,
      by === undefined
        ? 'How far time is to move on is missing.'
        : 'By how much, and --to, are two ways to say one thing.',
      'Say `countersign time advance 3d`, or --to with an instant.',
    );
  }
  const endpoint = timeEndpoint(options);
  const journey = to === undefined ? { by: by ?? '' } : { to };
  const advanced = await whileTimePasses(
    () => showTime(endpoint),
    () => goThere(endpoint, journey),
  );
  if (options.json) return printJson(advanced);
  const { firedCount, fired, leftRunning } = advanced;
  print(timeText(advanced.now, advanced.offsetSeconds));
  if (fired.length > 0) print(`\n${timerTable(fired, Date.parse(advanced.now))}`);
  say(
    firedCount === 0
      ? 'Nothing was due on the way.'
      : `→ ${firedCount} due on the way${firedCount > fired.length ? `, of which ${fired.length} are shown` : ''}`,
  );
  if (leftRunning > 0) say('→ something ran for so long that time moved on without it');
}

/** A host answers before clients lose patience, and is then asked to go on. */
async function goThere(endpoint: string, journey: { by: string } | { to: string }): Promise<TimeAdvanced> {
  const first = await advanceTime(endpoint, journey);
  let last = first;
  const fired = [...first.fired];
  let { firedCount, leftRunning } = first;
  while (!last.isThere) {
    last = await advanceTime(endpoint, { to: last.to });
    firedCount += last.firedCount;
    leftRunning += last.leftRunning;
    fired.push(...last.fired);
  }
  return { ...last, from: first.from, firedCount, leftRunning, fired: fired.slice(0, FIRED_SHOWN_MAX) };
}

/** As many as the host tells of one journey. */
const FIRED_SHOWN_MAX = 100;
