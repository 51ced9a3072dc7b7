import { type Command, InvalidArgumentError, Option } from 'commander';
import { addTo, dataCommand, port, wholeNumber } from '../command.ts';

export interface StartOptions {
  port: number;
  awsPort: number;
  host: string;
  allowedHost?: readonly string[];
  data: string;
  assembly?: string;
  auth: boolean;
  iam: boolean;
  context?: Readonly<Record<string, string>>;
  connections?: string;
  credentials?: string;
  tlsCert?: string;
  tlsKey?: string;
  timeTravel?: true;
  docker?: true;
  maxTasks?: number;
  verbose?: true;
  json?: true;
}

export function start(): Command {
  return dataCommand('countersign start', 'Run the order service and its AWS on this machine, until Ctrl-C.', [
    'countersign start',
    'countersign start --port 0 --aws-port 0 --data /tmp/orders',
    "countersign start --assembly ../other-app/cdk.out    # another CDK app's",
    'countersign start -c confirmationDeadlineDays=0.01',
    'countersign start --host 0.0.0.0 --credentials keys --tls-cert cert.pem --tls-key key.pem',
    'countersign start --json | jq -c .event',
  ])
    .option('--port <number>', 'port of the orders API; 0 takes any free one', port, 3000)
    .option('--aws-port <number>', 'port of the AWS endpoint; 0 takes any free one', port, 4566)
    .option('--host <address>', 'address to listen at', '127.0.0.1')
    .option(
      '--allowed-host <name>',
      'another name that clients of --host call this by; may be given more than once',
      addTo,
    )
    .option('--data <folder>', 'folder that keeps everything between two starts', '.countersign')
    .addOption(
      new Option('--assembly <folder>', 'run this cloud assembly instead of ours (what `cdk synth` writes)').conflicts(
        'context',
      ),
    )
    .option(
      '-c, --context <name=value>',
      'a setting of our CDK app, as for cdk; may be given more than once',
      addContext,
    )
    .option('--connections <file>', 'JSON file of the connections that HTTP tasks name')
    .option('--credentials <file>', 'like ~/.aws/credentials: only these keys may call AWS; needed beyond 127.0.0.1')
    .option('--tls-cert <file>', 'PEM certificate: the orders API and the AWS endpoint are served by TLS')
    .option('--tls-key <file>', 'its key, PEM and without a passphrase')
    .option('--docker', 'run containers of ECS and Batch in Docker; else as processes, where their image allows for it')
    .option(
      '--max-tasks <number>',
      'so many containers of ECS and Batch run at a time, and others wait',
      wholeNumber('A number of tasks', 1, 1000),
    )
    .option('--time-travel', 'let `countersign time` move the clock on; for 127.0.0.1 only')
    .option('--no-auth', 'ask nobody who they are; for 127.0.0.1 only')
    .option('--no-iam', 'let every role do everything, whatever its policies say')
    .option('--verbose', 'the whole log')
    .action(async (options: StartOptions) => {
      // Loaded here, so that no other command waits for the engine.
      const { runApp } = await import('../run-app.ts');
      await runApp(options);
    });
}

function addContext(text: string, context: Readonly<Record<string, string>> = {}): Record<string, string> {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError('A setting looks like name=value.');
  return { ...context, [name]: value };
}
