import { become, install } from './set-up.mjs';

install();
become('clients/cli/src/main.ts', ['start', ...process.argv.slice(2)]);
