import type { RequestListener } from 'node:http';
import type { JWTVerifyGetKey } from 'jose';
import type { Environment } from '../cloud-assembly.ts';
import type { HttpServer } from '../http-server.ts';
import { refuse, startHttpServer } from '../http-server.ts';
import type { Access } from '../iam/access.ts';
import type { Log } from '../log.ts';
import type { HostTime } from '../time/host-time.ts';
import type { TlsCertificate } from '../tls-certificate.ts';
import type { CorsConfiguration, HttpApiOptions, Route } from './api-gateway.ts';
import { createHttpApi } from './api-gateway.ts';
import { ACCOUNT_LIMITS, createThrottle, TokenBucket, type StageThrottling } from './api-gateway-throttling.ts';
import { urlOfApi } from './execute-api.ts';
import type { JwtAuthorizer } from './api-gateway-jwt.ts';
import { jwtAuthorize } from './api-gateway-jwt.ts';
import { toInvoke } from './lambda-permissions.ts';
import { issuerKeys } from './oidc-issuer-keys.ts';
import { withOwnRequests, type OwnServices } from './own-requests.ts';
import type { StaticSite } from './static-site.ts';
import { withSite } from './static-site.ts';

export interface HttpApisOptions {
  readonly environment: Environment;
  readonly host: string;
  /** For the first API that is opened; the others take any free port. */
  readonly port: number;
  readonly tls?: TlsCertificate;
  readonly invoke: HttpApiOptions['invoke'];
  /** Whether JWT authorizers are asked, or every route is open. */
  readonly auth: 'enforced' | 'off';
  /** Which functions its APIs may invoke. */
  readonly access: Access;
  readonly time: HostTime;
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

export type Integration = Pick<Route, 'target' | 'timeoutMs'>;

export interface DeclaredRoute {
  readonly routeKey: string;
  readonly integrationId: string;
  /** Whom it lets in: everybody, whom IAM would let in on AWS, or who has a token that an authorizer takes. */
  readonly access: 'open' | 'iam' | { readonly authorizerId: string; readonly scopes: readonly string[] };
}

/** An API that asks who calls, for whoever wants to sign in to it. */
export interface ProtectedApi extends HttpApiAddress {
  readonly issuer: string;
  readonly audience: readonly string[];
  /** What its routes ask for. */
  readonly scopes: readonly string[];
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
  addAuthorizer(authorizerId: string, authorizer: JwtAuthorizer): void;
  /** Of the stage `$default`. @returns false if the API is not known. */
  setThrottling(apiId: string, throttling: StageThrottling): boolean;
  /** @returns false if the API, the integration or the authorizer is not known. */
  addRoute(apiId: string, route: DeclaredRoute): boolean;
  /**
   * Checks the routes of all APIs. @returns what lets requests in
   *
   * @param site stands beside the first of them, unless that has a route of its own there
   * @param own for the pages of that site
   * @throws {HostError} for a route key that is none.
   */
  prepare(site?: StaticSite, own?: OwnServices): () => void;
  addresses(): HttpApiAddress[];
  /** Those with a route that an authorizer guards, on AWS at least. */
  protectedApis(): ProtectedApi[];
  /** Where this host reaches an API that is `a1b2c3.execute-api.REGION.amazonaws.com` on AWS. */
  urlOf(apiEndpoint: string): string | undefined;
  close(): Promise<void>;
}

interface OpenApi extends DeclaredApi {
  readonly server: HttpServer;
  readonly routes: Route[];
  readonly guards: { readonly authorizer: JwtAuthorizer; readonly scopes: readonly string[] }[];
  throttling: StageThrottling;
  handle: RequestListener;
}

/** Requests under way may call functions and Step Functions for so long before they are cut. */
const DRAIN_MS = 4_000;

export function createHttpApis(options: HttpApisOptions): HttpApis {
  const { environment, host, port, tls, invoke, auth, access: permissions, time, log } = options;
  const now = () => time.now();
  const apis = new Map<string, OpenApi>();
  const integrations = new Map<string, Integration>();
  const authorizers = new Map<string, JwtAuthorizer & { keys: JWTVerifyGetKey }>();

  function guardedRoute(api: OpenApi, route: Route, access: DeclaredRoute['access']): Route | undefined {
    const { routeKey } = route;
    if (access === 'open') return route;
    if (access === 'iam') {
      log.warn('http-api.route-open', { routeKey, note: 'its authorization is not checked here' });
      return route;
    }
    const authorizer = authorizers.get(access.authorizerId);
    if (authorizer === undefined) return undefined;
    api.guards.push({ authorizer, scopes: access.scopes });
    if (auth === 'enforced')
      return { ...route, authorize: jwtAuthorize(authorizer, access.scopes, authorizer.keys, log, now) };
    log.warn('http-api.route-open', { routeKey, note: 'authorizers are switched off' });
    return route;
  }

  return {
    async open(declared) {
      const { logicalId, stackName, apiId } = declared;
      const server = await startHttpServer({
        host,
        port: apis.size === 0 ? port : 0,
        purpose: `the HTTP API "${logicalId}" of stack "${stackName}"`,
        time,
        ...(tls !== undefined && { tls }),
        log,
        handle: (request, response) => api.handle(request, response),
      });
      const api: OpenApi = { ...declared, server, routes: [], guards: [], throttling: {}, handle: answerStarting };
      apis.set(apiId, api);
      return server.url;
    },
    addIntegration: (integrationId, integration) => void integrations.set(integrationId, integration),
    addAuthorizer: (authorizerId, authorizer) =>
      void authorizers.set(authorizerId, { ...authorizer, keys: issuerKeys(authorizer.issuer) }),
    setThrottling(apiId, throttling) {
      const api = apis.get(apiId);
      if (api !== undefined) api.throttling = throttling;
      return api !== undefined;
    },
    addRoute(apiId, { routeKey, integrationId, access }) {
      const api = apis.get(apiId);
      const integration = integrations.get(integrationId);
      if (api === undefined || integration === undefined) return false;
      const route = guardedRoute(api, { routeKey, ...integration }, access);
      return route !== undefined && api.routes.push(route) > 0;
    },
    prepare(site, own) {
      const account = new TokenBucket(ACCOUNT_LIMITS, monotonicNow);
      const prepared = [...apis.values()].map((api, index) => {
        const { apiId, routes, cors } = api;
        const admit = ({ routeKey, target }: Route) => {
          const caller = {
            kind: 'service',
            service: 'apigateway.amazonaws.com',
            sourceArn: routeArn(environment, apiId, routeKey),
          } as const;
          permissions.require(caller, [toInvoke(environment, { functionName: target })]);
        };
        const throttle = createThrottle(api.throttling, account, monotonicNow);
        const stage = '$default' as const;
        const settings = { ...environment, apiId, stage, routes, invoke, throttle, admit, now, log };
        const httpApi = createHttpApi({ ...settings, ...(cors !== undefined && { cors }) });
        const handle: RequestListener = (request, response) => httpApi.handle(request, response);
        if (site === undefined || index > 0) return { api, handle };
        const withPages = withSite(site, routes, handle);
        return { api, handle: own === undefined ? withPages : withOwnRequests(own, withPages) };
      });
      return () => {
        for (const { api, handle } of prepared) api.handle = handle;
      };
    },
    addresses: () =>
      [...apis.values()].map(({ logicalId, stackName, server }) => ({ logicalId, stackName, url: server.url })),
    urlOf: (apiEndpoint) =>
      urlOfApi(
        [...apis.values()].map(({ apiId, server }) => ({ apiId, url: server.url, ownUrl: server.ownUrl })),
        apiEndpoint,
      ),
    protectedApis: () =>
      [...apis.values()].flatMap(({ logicalId, stackName, server, guards }) => {
        const [first] = guards;
        if (first === undefined) return [];
        const { issuer, audience } = first.authorizer;
        const scopes = [...new Set(guards.flatMap((guard) => guard.scopes))];
        return [{ logicalId, stackName, url: server.url, issuer, audience, scopes }];
      }),
    async close() {
      await Promise.all([...apis.values()].map(({ server }) => server.close(DRAIN_MS)));
    },
  };
}

/** Not the time that the app lives in: that may be moved on by days, or back by whoever sets the machine's clock. */
const monotonicNow = () => performance.now();

/** What permissions of functions are given to. @see API Gateway Developer Guide, "Lambda function permissions" */
function routeArn({ region, accountId }: Environment, apiId: string, routeKey: string): string {
  const place = routeKey === '$default' ? '$default' : routeKey.replace(' ', '');
  return `arn:aws:execute-api:${region}:${accountId}:${apiId}/$default/${place}`;
}

const answerStarting: RequestListener = (_request, response) =>
  refuse(response, 503, 'ServiceUnavailable', 'The host is starting.');
