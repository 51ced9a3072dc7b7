import type { Command } from 'commander';
import { resolve } from 'node:path';
import { dataCommand } from '../command.ts';
import { print, printJson, say } from '../output.ts';
import { withHostErrors } from '../server-options.ts';

export function restore(): Command {
  return dataCommand('countersign restore', 'Make a data folder of a backup, after checking every file of it.', [
    'mv .countersign .countersign-damaged && countersign restore /srv/backups/monday',
    'countersign restore /srv/backups/monday --data /srv/orders',
  ])
    .argument('<from>', 'a folder that `countersign backup` made')
    .option('--data <folder>', 'the data folder, which must not be there yet', '.countersign')
    .action(putBack);
}

async function putBack(from: string, options: { data: string; json?: true }): Promise<void> {
  await withHostErrors(async () => {
    const host = await import('../../../../local/host/src/index.ts');
    const { madeAt, files, removed } = host.restore(from, options.data);
    const count = Object.keys(files).length;
    if (options.json) return printJson({ data: resolve(options.data), madeAt, files: count, removed });
    for (const path of removed) say(`Removed ${path}, which a restore that was killed had left.`);
    print(`${resolve(options.data)} holds ${count} files, as they were at ${madeAt}`);
    say(`→ countersign start --data ${options.data}`);
  });
}
