import { readSync, writeSync } from 'node:fs';
import type { EvaluationRequest } from '../../../asl/src/index.ts';
import { Interpreter } from './interpreter.ts';
import { shedPowers } from './powers.ts';

/*
 * A process that evaluates JSONata, and does nothing else. It reads a request a line, and answers with a line. Before an
 * expression that is not the first of its request it says which it is, as a line with a number: should the process have to be
 * killed, that is the one to blame. Whoever starts it gives the time for a request as its argument, in milliseconds.
 *
 * It waits for its input with a call that blocks: there is nothing else to be done meanwhile.
 */
const NEWLINE = 0x0a;

const [, , timeoutMs] = process.argv;
const interpreter = new Interpreter(Number(timeoutMs));
shedPowers();
writeLine('ready');
for (const line of readLines()) {
  const request = JSON.parse(line) as EvaluationRequest;
  const answer = await interpreter.answer(request, (index) => {
    if (index > 0) writeLine(String(index));
  });
  writeLine(answer);
}

/** Until the other side closes the pipe, or is gone. */
function* readLines(): Iterable<string> {
  const chunk = Buffer.alloc(64 * 1024);
  let parts: Buffer[] = [];
  for (let length = readSync(0, chunk); length > 0; length = readSync(0, chunk)) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0 && end < length; end = chunk.indexOf(NEWLINE, start)) {
      parts.push(Buffer.from(chunk.subarray(start, end)));
      yield Buffer.concat(parts).toString();
      parts = [];
      start = end + 1;
    }
    parts.push(Buffer.from(chunk.subarray(start, length)));
  }
}

function writeLine(text: string): void {
  const line = Buffer.from(`${text}\n`);
  for (let written = 0; written < line.length;) written += writeSync(1, line, written);
}
