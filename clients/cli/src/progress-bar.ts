const WIDTH = 24;
const CLEAR_LINE = '\r\u001B[2K';

/** How far a piece of work has come, on a terminal's stderr; elsewhere nothing. */
export interface ProgressBar extends Disposable {
  /** So many more are done. */
  advance(count: number): void;
}

/** A bar that goes when it is disposed of. */
export function progressBar(total: number): ProgressBar {
  let done = 0;
  const draw = () => {
    if (!process.stderr.isTTY) return;
    const filled = Math.round((WIDTH * done) / total);
    process.stderr.write(`${CLEAR_LINE}${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)} ${done}/${total}`);
  };
  draw();
  return {
    advance(count) {
      done += count;
      draw();
    },
    [Symbol.dispose]() {
      if (process.stderr.isTTY) process.stderr.write(CLEAR_LINE);
    },
  };
}
