import type { Command } from 'commander';
import { dataCommand, port } from '../command.ts';

export interface StartOptions {
  port: number;
  awsPort: number;
  host: string;
  data: string;
  assembly?: string;
  json?: true;
}

export function start(): Command {
  return dataCommand('countersign start', 'Run the order service and its AWS on this machine, until Ctrl-C.', [
    'countersign start',
    'countersign start --port 0 --aws-port 0 --data /tmp/orders',
    "countersign start --assembly ../other-app/cdk.out    # another CDK app's",
    'countersign start --json | jq -c .event',
  ])
    .option('--port <number>', 'port of the orders API; 0 takes any free one', port, 3000)
    .option('--aws-port <number>', 'port of the AWS endpoint; 0 takes any free one', port, 4566)
    .option('--host <address>', 'address to listen at', '127.0.0.1')
    .option('--data <folder>', 'folder that keeps everything between two starts', '.countersign')
    .option('--assembly <folder>', 'run this cloud assembly instead of ours (what `cdk synth` writes)')
    .action(async (options: StartOptions) => {
      // Loaded here, so that no other command waits for the engine.
      const { runApp } = await import('../run-app.ts');
      await runApp(options);
    });
}
