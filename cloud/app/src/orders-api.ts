/* oxlint-disable no-new -- a construct is made for what it adds to its scope */
import { RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { AccessLogField, AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  HttpApi,
  HttpMethod,
  HttpRoute,
  HttpRouteKey,
  HttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

export interface OrdersApiProps {
  readonly handler: IFunction;
  /** Who may use the API. @default - everybody who knows its address */
  readonly jwt?: JwtSettings;
}

export interface JwtSettings {
  readonly issuer: string;
  readonly audience: string;
}

/** Requests a second, and how many at once: what is beyond is refused by the gateway and costs nothing. */
const THROTTLE = { rateLimit: 100, burstLimit: 200 };

/** Everything else goes to the function as well: it knows how to say 404 and 405. */
const ROUTES = [
  { id: 'SubmitOrder', key: HttpRouteKey.with('/orders', HttpMethod.POST) },
  { id: 'ListOrders', key: HttpRouteKey.with('/orders', HttpMethod.GET) },
  { id: 'ViewOrder', key: HttpRouteKey.with('/orders/{orderId}', HttpMethod.GET) },
  { id: 'ConfirmOrder', key: HttpRouteKey.with('/orders/{orderId}/confirmation', HttpMethod.POST) },
  { id: 'AnythingElse', key: HttpRouteKey.DEFAULT },
];

/** The HTTP API in front of the orders service. */
export class OrdersApi extends Construct {
  /** Where orders are sent to: `…/orders`. */
  readonly ordersUrl: string;

  constructor(scope: Construct, id: string, { handler, jwt }: OrdersApiProps) {
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
    const authorizer = jwt && new HttpJwtAuthorizer('Jwt', jwt.issuer, { jwtAudience: [jwt.audience] });
    for (const { id, key } of ROUTES) {
      const route = new HttpRoute(this, id, { httpApi, routeKey: key, integration, ...(authorizer && { authorizer }) });
      if (authorizer === undefined) acknowledgeOpen(route);
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
      'Who may order and who may confirm is for the identity provider of whoever deploys this: with the context values ' +
      'jwtIssuer and jwtAudience every route demands a token of theirs. Without them, each synthesis by the CLI warns that the API is open.',
  });
}
