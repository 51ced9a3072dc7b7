export { buildConsole, type ConsoleFile } from './build-console.ts';
export type { Settings as ConsoleSettings } from './page/settings.ts';
