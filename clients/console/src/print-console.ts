// node print-console.ts SETTINGS: the files of the page as JSON, by name, for whatever puts them where people find them.
import { buildConsole } from './build-console.ts';
import type { Settings } from './page/settings.ts';

const settings = JSON.parse(process.argv[2] ?? '{}') as Settings;
process.stdout.write(JSON.stringify(Object.fromEntries(await buildConsole(settings))));
