import assert from 'node:assert/strict';
import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { examineExecutionStore } from '../../local/engine/src/index.ts';
import type { Chance } from '../simulation/chance.ts';
import { namesIn } from './held.ts';

const SECTOR = 512;

/**
 * Cuts the journal beside a database in so many places, at the edge of a sector and in the middle of one, in some with rubbish behind
 * the cut: each opens, nothing in it is inconsistent, and what it holds is what a longer journal holds, or less. Answers how many cuts.
 */
export function cutLog(file: string, cuts: number, chance: Chance): number {
  const journal = readFileSync(`${file}.journal`);
  // Behind what was written are zeros, and maybe what an earlier lap has left.
  const written = journal.findLastIndex((byte) => byte !== 0);
  const sectors = Math.ceil(written / SECTOR);
  assert.ok(sectors >= 3, `the journal has ${sectors} sectors`);
  const places = Array.from({ length: cuts }, (_, index) => {
    const sector = cuts >= sectors ? index % sectors : chance.between(0, sectors);
    return sector * SECTOR + (index % 2 === 0 ? 0 : chance.between(1, SECTOR - 1));
  });
  let before: ReadonlySet<string> = new Set();
  let opened = 0;
  for (const place of places.sort((one, other) => one - other)) {
    const copy = copyOf(file, `${file}.cut`);
    const rubbish = chance.happens(0.5) ? Buffer.alloc(8 * SECTOR, chance.between(1, 255)) : Buffer.alloc(0);
    writeFileSync(`${copy}.journal`, Buffer.concat([journal.subarray(0, place), rubbish]));
    const findings = examineExecutionStore(copy);
    // The database may have seen what is behind the cut. Then it says so, and serves nothing.
    const isRefused = findings.length === 1 && /the journal is damaged: it ends at/.test(findings[0]?.what ?? '');
    if (!isRefused) {
      assert.deepEqual(findings, [], `cut after ${place} of ${journal.length} bytes`);
      const { started } = namesIn(copy);
      for (const name of before)
        assert.ok(started.has(name), `${name} is in a shorter journal, and not in one of ${place} bytes`);
      before = started;
      opened++;
    }
    for (const ending of ENDINGS) rmSync(`${copy}${ending}`, { force: true });
  }
  assert.ok(opened > 0, 'some cuts are behind all that the database has seen');
  return places.length;
}

const ENDINGS = ['', '-wal', '-shm', '.journal'];

/** A database and what is beside it. */
export function copyOf(file: string, copy: string): string {
  for (const ending of ENDINGS)
    if (existsSync(`${file}${ending}`)) copyFileSync(`${file}${ending}`, `${copy}${ending}`);
  return copy;
}
