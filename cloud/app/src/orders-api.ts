/* oxlint-disable no-new -- a construct is made for what it adds to its scope */
import { RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { AccessLogField, AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  HttpApi,
  HttpMethod,
  HttpRoute,
  HttpRouteKey,
  HttpStage,
  type IHttpRouteAuthorizer,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

export interface OrdersApiProps {
  readonly handler: IFunction;
  /** Lets in who may use the API. */
  readonly authorizer: IHttpRouteAuthorizer;
}

/** Requests a second, and how many at once: what is beyond is refused by the gateway and costs nothing. */
const THROTTLE = { rateLimit: 100, burstLimit: 200 };

/** Everything goes to the one function: it knows its routes, and how to say 404 and 405. */
const FOR_PEOPLE = [{ id: 'Orders', key: HttpRouteKey.DEFAULT }];

/** What needs no sign-in: a link is a proof of its own, and the description tells nothing of any order. */
const FOR_EVERYBODY = [
  { id: 'ShowLink', key: HttpRouteKey.with('/orders/{id}/links/{linkId}', HttpMethod.GET) },
  { id: 'ProbeLink', key: HttpRouteKey.with('/orders/{id}/links/{linkId}', HttpMethod.HEAD) },
  { id: 'UseLink', key: HttpRouteKey.with('/orders/{id}/links/{linkId}/{step}', HttpMethod.POST) },
  { id: 'Description', key: HttpRouteKey.with('/openapi.json', HttpMethod.GET) },
];

/** The HTTP API in front of the orders service. */
export class OrdersApi extends Construct {
  /** Where orders are sent to: `…/orders`. */
  readonly ordersUrl: string;

  constructor(scope: Construct, id: string, { handler, authorizer }: OrdersApiProps) {
    super(scope, id);
    const httpApi = new HttpApi(this, 'HttpApi', { apiName: Stack.of(this).stackName, createDefaultStage: false });
    const accessLog = new LogGroup(this, 'AccessLog', {
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    new HttpStage(this, 'Stage', {
      httpApi,
      autoDeploy: true,
      throttle: THROTTLE,
      accessLogSettings: { destination: new LogGroupLogDestination(accessLog), format: ACCESS_LOG_FORMAT },
    });

    const integration = new HttpLambdaIntegration('Integration', handler);
    for (const { id, key } of FOR_PEOPLE) {
      new HttpRoute(this, id, { httpApi, routeKey: key, integration, authorizer });
    }
    for (const { id, key } of FOR_EVERYBODY) {
      acknowledgeOpen(new HttpRoute(this, id, { httpApi, routeKey: key, integration }));
    }
    this.ordersUrl = `${httpApi.apiEndpoint}/orders`;
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

function acknowledgeOpen(route: HttpRoute): void {
  Validations.of(route).acknowledge({
    id: 'AwsSolutions-APIG4',
    reason:
      'A link is signed, expires, is used once and is bound to one person; opening it shows nothing and decides nothing. ' +
      'The description of the API is public.',
  });
}
