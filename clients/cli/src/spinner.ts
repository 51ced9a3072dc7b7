import { durationText } from './duration-text.ts';
import { say, styleTalk } from './output.ts';

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_MS = 80;
const CLEAR_LINE = '\r\u001B[2K';

/** Shows on stderr that something long is under way: a spinner on a terminal, one line elsewhere. */
export async function withSpinner<Result>(doing: string, done: string, work: () => Promise<Result>): Promise<Result> {
  const startedAtMs = Date.now();
  const stop = process.stderr.isTTY ? spin(doing) : announce(doing);
  try {
    const result = await work();
    stop();
    say(`${styleTalk('green', '✓')} ${done} (${secondsText(Date.now() - startedAtMs)})`);
    return result;
  } catch (error) {
    stop();
    throw error;
  }
}

function spin(doing: string): () => void {
  let frame = 0;
  const timer = setInterval(() => {
    process.stderr.write(`${CLEAR_LINE}${FRAMES[frame++ % FRAMES.length]} ${doing} …`);
  }, FRAME_MS);
  return () => {
    clearInterval(timer);
    process.stderr.write(CLEAR_LINE);
  };
}

function announce(doing: string): () => void {
  say(`${doing} …`);
  return () => {};
}

function secondsText(ms: number): string {
  return ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : durationText(ms);
}
