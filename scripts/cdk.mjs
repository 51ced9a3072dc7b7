// node scripts/cdk.mjs COMMAND [OPTIONS …]: sets up, then runs the pinned CDK CLI on the pinned Node 24, from the root of
// the repository, where cdk.json is. `npx aws-cdk` would fetch what the registry calls latest.
import { dirname } from 'node:path';
import { become, install, node24, root } from './set-up.mjs';

install();
process.chdir(root);
process.env.CDK_DISABLE_CLI_TELEMETRY = 'true';
// What the CLI starts, such as the app in cdk.json, finds this Node first.
process.env.PATH = [dirname(node24), process.env.PATH].join(process.platform === 'win32' ? ';' : ':');
become('node_modules/aws-cdk/bin/cdk', process.argv.slice(2));
