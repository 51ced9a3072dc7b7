/** As much as a pipe takes at once. */
const CHARACTERS_MAX = 65_536;

/**
 * Writes the lines of one turn of the event loop together: each write wakes whoever reads, and a busy server has dozens of
 * lines a turn. What is held when the process ends by itself is written then; a `kill -9` takes the lines of its last turn.
 */
export function linesTogether(write: (text: string) => void): (line: string) => void {
  let held = '';
  const flush = () => {
    const text = held;
    held = '';
    if (text !== '') write(text);
  };
  process.once('exit', flush);
  return (line) => {
    if (held === '') setImmediate(flush);
    held += line;
    if (held.length >= CHARACTERS_MAX) flush();
  };
}
