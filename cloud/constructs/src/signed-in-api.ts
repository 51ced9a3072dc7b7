/* oxlint-disable no-new -- a construct is made for what it adds to its scope */
import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { AccessLogField, AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  CorsHttpMethod,
  type CorsPreflightOptions,
  HttpApi,
  HttpMethod,
  HttpRoute,
  HttpRouteKey,
  HttpStage,
  type IHttpRouteAuthorizer,
  LogGroupLogDestination,
  type ThrottleSettings,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { People } from './people.ts';

export interface SignedInApiProps {
  /** Lets in who may use the API. @default those of a user pool that this construct makes */
  readonly authorizer?: IHttpRouteAuthorizer;
  /** Under which the confirmations are, such as `/orders`: the links that lead to one need no sign-in. */
  readonly path: string;
  /** Of pages that may call it: `https://…`, without a path. @default - no page may */
  readonly pagesOrigin?: string;
  /** What the gateway lets through, of each route. @default 1,000 requests a second, 2,000 at once */
  readonly throttle?: ThrottleSettings;
}

/**
 * Requests a second, and how many at once: what is beyond is refused by the gateway and costs nothing. Step Functions starts 300
 * executions a second in its large regions (quotas, "StartExecution"); each is asked for, confirmed and looked at.
 */
const THROTTLE: ThrottleSettings = { rateLimit: 1_000, burstLimit: 2_000 };

/** What needs no sign-in: a link is a proof of its own, and the description tells nothing of what is asked. */
const forEverybody = (path: string) => [
  { id: 'ShowLink', key: HttpRouteKey.with(`${path}/{id}/links/{linkId}`, HttpMethod.GET) },
  { id: 'ProbeLink', key: HttpRouteKey.with(`${path}/{id}/links/{linkId}`, HttpMethod.HEAD) },
  { id: 'UseLink', key: HttpRouteKey.with(`${path}/{id}/links/{linkId}/{step}`, HttpMethod.POST) },
  { id: 'Description', key: HttpRouteKey.with('/openapi.json', HttpMethod.GET) },
];

/**
 * An HTTP API whose callers have signed in, in front of a function that answers for confirmations. Its address is known
 * before its function is: those who send links have to know where they lead.
 */
export class SignedInApi extends Construct {
  /** Of the path that was given: `https://…/orders`. */
  readonly url: string;
  readonly httpApi: HttpApi;
  readonly #props: SignedInApiProps;
  #people: People | undefined;

  constructor(scope: Construct, id: string, props: SignedInApiProps) {
    super(scope, id);
    this.#props = props;
    const { path, pagesOrigin } = props;
    const httpApi = new HttpApi(this, 'HttpApi', {
      apiName: Stack.of(this).stackName,
      createDefaultStage: false,
      ...(pagesOrigin !== undefined && { corsPreflight: corsFor(pagesOrigin) }),
    });
    const accessLog = new LogGroup(this, 'AccessLog', {
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    new HttpStage(this, 'Stage', {
      httpApi,
      autoDeploy: true,
      throttle: props.throttle ?? THROTTLE,
      accessLogSettings: { destination: new LogGroupLogDestination(accessLog), format: ACCESS_LOG_FORMAT },
    });

    this.httpApi = httpApi;
    this.url = `${httpApi.apiEndpoint}${path}`;
  }

  /** Those who may use it, once something is served; undefined where another authorizer knows them. */
  get people(): People | undefined {
    return this.#people;
  }

  /** Has a function answer everything: it knows its routes, and how to say 404 and 405. */
  serve(handler: IFunction): void {
    const { path, pagesOrigin, authorizer = this.#makePeople().authorizer() } = this.#props;
    const { httpApi } = this;
    const integration = new HttpLambdaIntegration('Integration', handler);
    new HttpRoute(this, 'ForPeople', { httpApi, routeKey: HttpRouteKey.DEFAULT, integration, authorizer });
    for (const { id, key } of forEverybody(path)) {
      acknowledgeOpen(new HttpRoute(this, id, { httpApi, routeKey: key, integration }), OPEN_LINKS);
    }
    if (pagesOrigin === undefined) return;
    // A browser asks first, without the token, and the route for everything would refuse it. HTTP APIs, "Configuring CORS".
    const preflight = HttpRouteKey.with('/{proxy+}', HttpMethod.OPTIONS);
    acknowledgeOpen(new HttpRoute(this, 'Preflight', { httpApi, routeKey: preflight, integration }), OPEN_PREFLIGHT);
  }

  #makePeople(): People {
    const { pagesOrigin } = this.#props;
    this.#people = new People(this, 'People', pagesOrigin === undefined ? {} : { pagesOrigin });
    return this.#people;
  }
}

/** One JSON object a line. Neither query nor body is in it. */
const ACCESS_LOG_FORMAT = AccessLogFormat.custom(
  JSON.stringify({
    requestId: AccessLogField.contextRequestId(),
    requestTime: AccessLogField.contextRequestTime(),
    sourceIp: AccessLogField.contextIdentitySourceIp(),
    method: AccessLogField.contextHttpMethod(),
    path: AccessLogField.contextPath(),
    routeKey: AccessLogField.contextRouteKey(),
    status: AccessLogField.contextStatus(),
    responseLatency: AccessLogField.contextResponseLatency(),
    integrationError: AccessLogField.contextIntegrationErrorMessage(),
  }),
);

/** For the pages of one origin, and what those send and read. */
function corsFor(pagesOrigin: string): CorsPreflightOptions {
  return {
    allowOrigins: [pagesOrigin],
    allowMethods: [CorsHttpMethod.GET, CorsHttpMethod.POST, CorsHttpMethod.PUT],
    allowHeaders: ['authorization', 'content-type', 'idempotency-key'],
    // By it they know what time it is for the service.
    exposeHeaders: ['date'],
    maxAge: Duration.hours(1),
  };
}

const OPEN_LINKS =
  'A link is signed, expires, is used once and is bound to one person; opening it shows nothing and decides nothing. ' +
  'The description of the API is public.';

const OPEN_PREFLIGHT =
  'What a browser asks before it sends a token: API Gateway itself answers, with which origin may.';

function acknowledgeOpen(route: HttpRoute, reason: string): void {
  Validations.of(route).acknowledge({ id: 'AwsSolutions-APIG4', reason });
}
