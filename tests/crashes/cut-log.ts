import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { examineExecutionStore } from '../../local/engine/src/index.ts';
import type { Chance } from '../simulation/chance.ts';
import { namesIn } from './held.ts';

/** https://www.sqlite.org/fileformat2.html#the_write_ahead_log */
const HEADER_BYTES = 32;
const FRAME_BYTES = 24 + 4_096;

/**
 * Cuts the write-ahead log of a database at so many places, at the edge of a frame and in the middle of one, in some with rubbish behind
 * the cut: each opens, nothing in it is inconsistent, and what it holds is what a longer log holds, or less. Answers how many cuts.
 */
export function cutLog(file: string, cuts: number, chance: Chance): number {
  const log = readFileSync(`${file}-wal`);
  const frames = Math.floor((log.length - HEADER_BYTES) / FRAME_BYTES);
  assert.ok(frames >= 3, `the log has ${frames} frames`);
  const places = Array.from({ length: cuts }, (_, index) => {
    const frame = cuts >= frames ? index % frames : chance.between(0, frames);
    return HEADER_BYTES + frame * FRAME_BYTES + (index % 2 === 0 ? 0 : chance.between(1, FRAME_BYTES - 1));
  });
  let before: ReadonlySet<string> = new Set();
  for (const place of places.sort((one, other) => one - other)) {
    const copy = `${file}.cut`;
    copyFileSync(file, copy);
    const rubbish = chance.happens(0.5) ? Buffer.alloc(FRAME_BYTES, chance.between(0, 255)) : Buffer.alloc(0);
    writeFileSync(`${copy}-wal`, Buffer.concat([log.subarray(0, place), rubbish]));
    try {
      assert.deepEqual(examineExecutionStore(copy), [], `cut after ${place} of ${log.length} bytes`);
    } catch (error) {
      // Before the first commit there is no store yet.
      if (!isEmpty(error)) throw error;
    }
    const { started } = namesIn(copy);
    for (const name of before)
      assert.ok(started.has(name), `${name} is in a shorter log, and not in one of ${place} bytes`);
    before = started;
    for (const ending of ['', '-wal', '-shm']) rmSync(`${copy}${ending}`, { force: true });
  }
  return places.length;
}

function isEmpty(error: unknown): boolean {
  return error instanceof Error && /no such table/.test(error.message);
}
