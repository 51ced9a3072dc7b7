// node scripts/run.mjs FILE [ARGS …]: sets up, then runs a file of this repository on the pinned Node 24.
import { become, install } from './set-up.mjs';

const [file, ...args] = process.argv.slice(2);
install();
become(file, args);
