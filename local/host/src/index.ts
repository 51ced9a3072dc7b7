export { openDataDir, type DataDir } from './data-dir.ts';
export { startEngineServer, type EngineServer, type EngineServerOptions } from './engine-server.ts';
export { HostError } from './errors.ts';
export { startHost, type Host, type HostOptions, type IgnoredResource, type RunningResource } from './host.ts';
export { createLog, silentLog, type Log, type LogFields, type LogLevel, type LogOptions } from './log.ts';
export type { HttpApiAddress } from './services/http-apis.ts';
export type { HostIdentity } from './services/identity.ts';
export type { Pages, PagesNeighbours, StaticFile, StaticSite } from './services/static-site.ts';
