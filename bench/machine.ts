import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';

/** What a figure was measured on. */
export const machine = {
  cores: cpus().length,
  model: cpus()[0]?.model.trim() ?? 'unknown',
  memoryGigabytes: Math.round(totalmem() / 2 ** 30),
  node: process.version,
};

/** Shows what was measured: one JSON line with `--json`, else a sentence and a table. */
export function report(benchmark: string, about: string, rows: Readonly<Record<string, object>>, json: boolean): void {
  if (json) {
    console.log(JSON.stringify({ benchmark, machine, rows }));
    return;
  }
  console.log(`${about}\n${machine.cores} × ${machine.model}, Node ${machine.node}; the driver shares the cores.`);
  console.table(rows);
}

/** A folder for as long as the work lasts. */
export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
