import { Command } from 'commander';
import { offersFor } from '../completion/offers.ts';
import { lookAround } from '../completion/named-things.ts';
import { print } from '../output.ts';
import { printableLine } from '../printable.ts';

/** What the scripts of `completion` ask at each Tab: what the last word may become, one a line, with a word on each. */
export function complete(program: () => Command): Command {
  return new Command('complete').argument('[words...]').action(async (words: string[]) => {
    for (const { value, about } of await offersFor(program(), words, lookAround)) {
      // What a shell would read as more than one word, or act on, is not offered: names come from elsewhere.
      if (/^[\p{L}\p{N}_.:/@+=,-]+$/u.test(value)) print(`${value}\t${printableLine(about)}`);
    }
    // A server that has not answered in time is not waited for.
    process.exit();
  });
}
