import type { Command } from 'commander';
import { addTo, dataCommand, httpUrl, port } from '../command.ts';

export interface EngineOptions {
  port: number;
  host: string;
  allowedHost?: readonly string[];
  data?: string;
  lambdaEndpoint?: string;
  connections?: string;
  credentials?: string;
  tlsCert?: string;
  tlsKey?: string;
  verbose?: true;
  json?: true;
}

export function engine(): Command {
  return dataCommand('countersign engine', 'Run Step Functions alone on this machine, until Ctrl-C.', [
    'countersign engine --data .countersign-engine',
    'countersign engine --port 0 --lambda-endpoint http://127.0.0.1:3001',
    'AWS_ENDPOINT_URL_SFN=http://127.0.0.1:8083 aws stepfunctions list-state-machines',
  ])
    .option('--port <number>', 'port to listen at; 0 takes any free one', port, 8083)
    .option('--host <address>', 'address to listen at', '127.0.0.1')
    .option(
      '--allowed-host <name>',
      'another name that clients of --host call this by; may be given more than once',
      addTo,
    )
    .option('--data <folder>', 'folder that keeps everything between two starts (default: nothing is kept)')
    .option('--lambda-endpoint <url>', 'where Lambda functions are invoked', httpUrl)
    .option('--connections <file>', 'JSON file of the connections that HTTP tasks name')
    .option('--credentials <file>', 'like ~/.aws/credentials: only these keys may call; needed beyond 127.0.0.1')
    .option('--tls-cert <file>', 'PEM certificate: Step Functions is served by TLS')
    .option('--tls-key <file>', 'its key, PEM and without a passphrase')
    .option('--verbose', 'the whole log')
    .action(async (options: EngineOptions) => {
      // Loaded here, so that no other command waits for the engine.
      const { runEngine } = await import('../run-engine.ts');
      await runEngine(options);
    });
}
