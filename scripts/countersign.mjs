#!/usr/bin/env node
import { become, install } from './set-up.mjs';

install();
become('clients/cli/src/main.ts', process.argv.slice(2));
