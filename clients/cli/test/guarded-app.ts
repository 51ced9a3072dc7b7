import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ref = (name: string) => ({ Ref: name });
const att = (name: string, attribute: string) => ({ 'Fn::GetAtt': [name, attribute] });
const inPool = { UserPoolId: ref('People') };
const ofApi = (type: string, properties: object) => ({
  Type: `AWS::ApiGatewayV2::${type}`,
  Properties: { ApiId: ref('Api'), ...properties },
});
const route = (RouteKey: string, more: object = {}) =>
  ofApi('Route', {
    RouteKey,
    Target: { 'Fn::Join': ['', ['integrations/', ref('Integration')]] },
    AuthorizationType: 'JWT',
    AuthorizerId: ref('Authorizer'),
    ...more,
  });

const RESOURCES = {
  People: { Type: 'AWS::Cognito::UserPool', Properties: {} },
  Managers: { Type: 'AWS::Cognito::UserPoolGroup', Properties: { ...inPool, GroupName: 'managers' } },
  Client: {
    Type: 'AWS::Cognito::UserPoolClient',
    Properties: {
      ...inPool,
      AllowedOAuthFlows: ['code'],
      AllowedOAuthFlowsUserPoolClient: true,
      AllowedOAuthScopes: ['openid', 'email'],
      CallbackURLs: ['https://app.example.com/'],
    },
  },
  Function: {
    Type: 'AWS::Lambda::Function',
    Properties: {
      Code: { S3Key: 'api.zip' },
      Handler: 'index.handler',
      Runtime: 'nodejs24.x',
      Role: 'arn:aws:iam::000000000000:role/api',
    },
  },
  MayInvoke: {
    Type: 'AWS::Lambda::Permission',
    Properties: {
      Action: 'lambda:InvokeFunction',
      FunctionName: att('Function', 'Arn'),
      Principal: 'apigateway.amazonaws.com',
    },
  },
  Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: { Name: 'api', ProtocolType: 'HTTP' } },
  Integration: ofApi('Integration', {
    IntegrationType: 'AWS_PROXY',
    IntegrationUri: att('Function', 'Arn'),
    PayloadFormatVersion: '2.0',
  }),
  Authorizer: ofApi('Authorizer', {
    AuthorizerType: 'JWT',
    Name: 'people',
    JwtConfiguration: {
      Audience: [ref('Client')],
      Issuer: { 'Fn::Join': ['', ['https://cognito-idp.us-east-1.amazonaws.com/', ref('People')]] },
    },
  }),
  Show: route('GET /orders/{id}'),
  List: route('GET /orders', { AuthorizationScopes: ['nobody/has-this'] }),
};

/** Its orders are what it is told of whoever asks. */
const FUNCTION = `export const handler = async ({ pathParameters, requestContext }) => ({
  orderId: pathParameters.id, status: 'COMPLETED',
  orderDetails: requestContext.authorizer?.jwt.claims.username ?? 'nobody' });`;

/** Writes the assembly of an app whose API asks who calls: what \`cdk synth\` would write for it. */
export function writeGuardedApp(dir: string): string {
  mkdirSync(join(dir, 'api'), { recursive: true });
  writeFileSync(join(dir, 'api', 'index.mjs'), FUNCTION);
  const write = (name: string, content: object) => writeFileSync(join(dir, name), JSON.stringify(content));
  const source = { path: 'api', packaging: 'zip' };
  const destinations = { here: { bucketName: 'assets', objectKey: 'api.zip' } };
  write('App.assets.json', { files: { api: { source, destinations } } });
  write('App.template.json', { Resources: RESOURCES });
  const assets = { type: 'cdk:asset-manifest', properties: { file: 'App.assets.json' } };
  const stack = {
    type: 'aws:cloudformation:stack',
    environment: 'aws://unknown-account/us-east-1',
    properties: { templateFile: 'App.template.json' },
  };
  write('manifest.json', { version: '36.0.0', artifacts: { 'App.assets': assets, App: stack } });
  return dir;
}
