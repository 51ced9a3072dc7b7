export { openDataDir, type DataDir } from './data-dir.ts';
export { startEngineServer, type EngineServer, type EngineServerOptions } from './engine-server.ts';
export { HostError } from './errors.ts';
export { createLog, silentLog, type Log, type LogFields, type LogLevel, type LogOptions } from './log.ts';
