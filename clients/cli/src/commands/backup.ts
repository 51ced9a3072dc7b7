import type { Command } from 'commander';
import { resolve } from 'node:path';
import { dataCommand } from '../command.ts';
import { print, printJson } from '../output.ts';
import { withHostErrors } from '../server-options.ts';

export function backup(): Command {
  return dataCommand('countersign backup', 'Copy everything that a data folder keeps, also while it is in use.', [
    'countersign backup /srv/backups/monday',
    'countersign backup /srv/backups/monday --data /srv/orders',
  ])
    .argument('<to>', 'a folder that does not exist yet')
    .option('--data <folder>', 'the data folder', '.countersign')
    .action(backUp);
}

async function backUp(to: string, options: { data: string; json?: true }): Promise<void> {
  await withHostErrors(async () => {
    const { backUpDataFolder } = await import('../../../../local/host/src/index.ts');
    const { madeAt, files } = await backUpDataFolder(options.data, to);
    const sizes = Object.values(files).map(({ bytes }) => bytes);
    const bytes = sizes.reduce((sum, each) => sum + each, 0);
    if (options.json) return printJson({ backup: resolve(to), madeAt, files: sizes.length, bytes });
    print(`${resolve(to)} holds ${sizes.length} files, ${(bytes / 1e6).toFixed(1)} MB, as they were at ${madeAt}`);
  });
}
