// Guesses secrets, and says how many guesses were right: none, or something is broken.
//   npm run guess [-- --guesses 1000000]
import { parseArgs } from 'node:util';
import { GUESSES } from '../tests/guesses/guess.ts';
import { wholeNumber } from './whole-number.ts';

const { values } = parseArgs({ options: { guesses: { type: 'string', default: '1000000' } } });
const guesses = wholeNumber('--guesses', values.guesses);
for (const [what, guess] of Object.entries(GUESSES)) {
  const startedAtMs = performance.now();
  const right = guess(guesses);
  if (right > 0) process.exitCode = 1;
  const seconds = ((performance.now() - startedAtMs) / 1000).toFixed(1);
  console.log(`${what}: ${guesses} guesses in ${seconds} s, ${right} right`);
}
