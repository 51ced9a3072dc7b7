import type { RequestListener } from 'node:http';
import type { Environment } from '../cloud-assembly.ts';
import type { HttpServer } from '../http-server.ts';
import { refuse, startHttpServer } from '../http-server.ts';
import type { Log } from '../log.ts';
import type { CorsConfiguration, HttpApiOptions, Route } from './api-gateway.ts';
import { createHttpApi } from './api-gateway.ts';

export interface HttpApisOptions {
  readonly environment: Environment;
  readonly host: string;
  /** For the first API that is opened; the others take any free port. */
  readonly port: number;
  readonly invoke: HttpApiOptions['invoke'];
  readonly log: Log;
}

export interface DeclaredApi {
  readonly apiId: string;
  readonly stackName: string;
  readonly logicalId: string;
  readonly cors?: CorsConfiguration;
}

export interface HttpApiAddress {
  readonly logicalId: string;
  readonly stackName: string;
  readonly url: string;
}

export type Integration = Omit<Route, 'routeKey'>;

export interface DeclaredRoute {
  readonly routeKey: string;
  readonly integrationId: string;
  /** On AWS it asks who calls; nobody is asked on this machine. */
  readonly isOpenHereOnly: boolean;
}

/** The HTTP APIs of an app, each at a port of its own. */
export interface HttpApis {
  /**
   * Takes the API's port, so that other resources can be told its URL. Until the start it answers 503.
   *
   * @throws {HostError} if the port cannot be had.
   */
  open(api: DeclaredApi): Promise<string>;
  addIntegration(integrationId: string, integration: Integration): void;
  /** @returns false if the API or the integration is not known. */
  addRoute(apiId: string, route: DeclaredRoute): boolean;
  /**
   * Checks the routes of all APIs. @returns what lets requests in
   *
   * @throws {HostError} for a route key that is none.
   */
  prepare(): () => void;
  addresses(): HttpApiAddress[];
  close(): Promise<void>;
}

interface OpenApi extends DeclaredApi {
  readonly server: HttpServer;
  readonly routes: Route[];
  handle: RequestListener;
}

/** Requests under way may call functions and Step Functions for so long before they are cut. */
const DRAIN_MS = 4_000;

export function createHttpApis({ environment, host, port, invoke, log }: HttpApisOptions): HttpApis {
  const apis = new Map<string, OpenApi>();
  const integrations = new Map<string, Integration>();

  return {
    async open(declared) {
      const { logicalId, stackName, apiId } = declared;
      const server = await startHttpServer({
        host,
        port: apis.size === 0 ? port : 0,
        purpose: `the HTTP API "${logicalId}" of stack "${stackName}"`,
        handle: (request, response) => api.handle(request, response),
      });
      const api: OpenApi = { ...declared, server, routes: [], handle: answerStarting };
      apis.set(apiId, api);
      return server.url;
    },
    addIntegration: (integrationId, integration) => void integrations.set(integrationId, integration),
    addRoute(apiId, { routeKey, integrationId, isOpenHereOnly }) {
      const integration = integrations.get(integrationId);
      if (integration === undefined) return false;
      if (isOpenHereOnly) log.warn('http-api.route-open', { routeKey, note: 'its authorization is not checked here' });
      return apis.get(apiId)?.routes.push({ routeKey, ...integration }) !== undefined;
    },
    prepare() {
      const prepared = [...apis.values()].map((api) => {
        const { apiId, routes, cors } = api;
        const options = { ...environment, apiId, stage: '$default' as const, routes, invoke, log };
        return { api, httpApi: createHttpApi({ ...options, ...(cors !== undefined && { cors }) }) };
      });
      return () => {
        for (const { api, httpApi } of prepared) api.handle = (request, response) => httpApi.handle(request, response);
      };
    },
    addresses: () =>
      [...apis.values()].map(({ logicalId, stackName, server }) => ({ logicalId, stackName, url: server.url })),
    async close() {
      await Promise.all([...apis.values()].map(({ server }) => server.close(DRAIN_MS)));
    },
  };
}

const answerStarting: RequestListener = (_request, response) =>
  refuse(response, 503, 'ServiceUnavailable', 'The host is starting.');
