import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { writeAssembly } from './assembly-files.ts';
import type { TestHost } from './test-host.ts';

const ref = (name: string) => ({ Ref: name });
const att = (name: string, attribute: string) => ({ 'Fn::GetAtt': [name, attribute] });
const inPool = { UserPoolId: ref('Members') };

const api = (type: string, properties: object) => ({
  Type: `AWS::ApiGatewayV2::${type}`,
  Properties: { ApiId: ref('Desk'), ...properties },
});
const guarded = { AuthorizationType: 'JWT', AuthorizerId: ref('Guard'), Target: 'integrations/' };
const target = { 'Fn::Join': ['', ['integrations/', ref('Integration')]] };

/** A library: its desk tells everybody what the authorizer says of them. */
const RESOURCES = {
  Members: { Type: 'AWS::Cognito::UserPool', Properties: { UserPoolName: 'members' } },
  Readers: { Type: 'AWS::Cognito::UserPoolGroup', Properties: { ...inPool, GroupName: 'customers' } },
  Librarians: { Type: 'AWS::Cognito::UserPoolGroup', Properties: { ...inPool, GroupName: 'managers' } },
  Erin: {
    Type: 'AWS::Cognito::UserPoolUser',
    Properties: {
      ...inPool,
      Username: 'erin',
      UserAttributes: [
        { Name: 'email', Value: 'erin@example.com' },
        { Name: 'email_verified', Value: 'true' },
        { Name: 'custom:branch', Value: 'harbour' },
      ],
    },
  },
  ErinReads: {
    Type: 'AWS::Cognito::UserPoolUserToGroupAttachment',
    Properties: { ...inPool, GroupName: ref('Readers'), Username: ref('Erin') },
  },
  ErinLends: {
    Type: 'AWS::Cognito::UserPoolUserToGroupAttachment',
    Properties: { ...inPool, GroupName: ref('Librarians'), Username: ref('Erin') },
  },
  Shelves: {
    Type: 'AWS::Cognito::UserPoolResourceServer',
    Properties: { ...inPool, Identifier: 'shelves', Name: 'shelves', Scopes: [{ ScopeName: 'sort' }] },
  },
  Web: {
    Type: 'AWS::Cognito::UserPoolClient',
    Properties: {
      ...inPool,
      ClientName: 'library',
      AllowedOAuthFlows: ['code'],
      AllowedOAuthFlowsUserPoolClient: true,
      AllowedOAuthScopes: ['openid', 'email', 'shelves/sort'],
      CallbackURLs: ['https://library.example.com/signed-in', 'https://localhost:8443/signed-in'],
      LogoutURLs: ['https://library.example.com/bye'],
      AccessTokenValidity: 5,
      TokenValidityUnits: { AccessToken: 'minutes' },
    },
  },
  Robot: {
    Type: 'AWS::Cognito::UserPoolClient',
    Properties: {
      ...inPool,
      GenerateSecret: true,
      AllowedOAuthFlows: ['client_credentials'],
      AllowedOAuthFlowsUserPoolClient: true,
      AllowedOAuthScopes: ['shelves/sort'],
    },
    DependsOn: ['Shelves'],
  },
  Domain: { Type: 'AWS::Cognito::UserPoolDomain', Properties: { ...inPool, Domain: 'library' } },
  DeskFunction: {
    Type: 'AWS::Lambda::Function',
    Properties: {
      Code: { S3Key: 'desk.zip' },
      Handler: 'index.handler',
      Runtime: 'nodejs24.x',
      Role: 'arn:aws:iam::000000000000:role/desk',
      Environment: {
        Variables: {
          POOL: { 'Fn::Join': [' ', [ref('Members'), att('Members', 'Arn'), att('Members', 'ProviderName')]] },
          ISSUER: att('Members', 'ProviderURL'),
          ROBOT: { 'Fn::Join': [' ', [att('Robot', 'ClientId'), att('Robot', 'ClientSecret')]] },
        },
      },
    },
  },
  Desk: {
    Type: 'AWS::ApiGatewayV2::Api',
    Properties: {
      Name: 'desk',
      ProtocolType: 'HTTP',
      CorsConfiguration: { AllowOrigins: ['https://library.example.com'] },
    },
  },
  Integration: api('Integration', {
    IntegrationType: 'AWS_PROXY',
    IntegrationUri: att('DeskFunction', 'Arn'),
    PayloadFormatVersion: '2.0',
  }),
  Guard: api('Authorizer', {
    AuthorizerType: 'JWT',
    IdentitySource: ['$request.header.Authorization'],
    JwtConfiguration: {
      Audience: [ref('Web'), ref('Robot')],
      Issuer: { 'Fn::Join': ['', ['https://cognito-idp.us-east-1.amazonaws.com/', ref('Members')]] },
    },
    Name: 'members',
  }),
  Open: api('Route', { RouteKey: 'GET /open', Target: target }),
  Mine: api('Route', { RouteKey: 'GET /mine', ...guarded, Target: target }),
  Sort: api('Route', { RouteKey: 'GET /sort', ...guarded, Target: target, AuthorizationScopes: ['shelves/sort'] }),
  Mail: api('Route', {
    RouteKey: 'GET /mail',
    ...guarded,
    Target: target,
    AuthorizationScopes: ['mail/read', 'email'],
  }),
};

const DESK = `export const handler = async ({ requestContext }) => ({
  authorizer: requestContext.authorizer ?? null,
  pool: process.env.POOL, issuer: process.env.ISSUER, robot: process.env.ROBOT });`;

/** The assembly of the library, with some of its resources changed. */
export function libraryAssembly(changes: Record<string, object> = {}): string {
  return writeAssembly({ ...RESOURCES, ...changes }, { 'desk/index.mjs': DESK });
}

export interface Tokens {
  access_token: string;
  id_token: string;
  refresh_token: string;
  expires_in: number;
  scope: string;
}

/** What a browser and an app would do: the code grant with PKCE, one click on the user's name. */
export async function signIn(host: Pick<TestHost, 'identity'>, username: string, scope?: string): Promise<Tokens> {
  const { code, verifier } = await authorizationCode(host, username, scope);
  const { client, issuer } = signInOf(host);
  const answer = await exchange(issuer, {
    grant_type: 'authorization_code',
    client_id: client.clientId,
    code,
    code_verifier: verifier,
    redirect_uri: REDIRECT,
  });
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body as unknown as Tokens;
}

export const REDIRECT = 'http://127.0.0.1:40123/callback';

export async function authorizationCode(host: Pick<TestHost, 'identity'>, username: string, scope = 'openid email') {
  const verifier = randomBytes(32).toString('base64url');
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  const browser = createBrowser();
  const page = await browser.open(authorizeUrl(host, { scope, code_challenge: challenge }));
  assert.equal(page.status, 200, await page.text());
  const done = await browser.send(page.url, { username });
  const location = new URL(done.headers.get('location') ?? '');
  assert.equal(location.searchParams.get('state'), 'a-state', location.href);
  return { code: location.searchParams.get('code') ?? '', verifier, browser };
}

export function signInOf({ identity }: Pick<TestHost, 'identity'>) {
  const [pool] = identity.userPools;
  const client = pool?.clients.find(({ isPublic }) => isPublic);
  assert.ok(pool !== undefined && client !== undefined);
  return { pool, client, issuer: pool.issuer };
}

export function authorizeUrl(host: Pick<TestHost, 'identity'>, more: Record<string, string>): string {
  const { client, issuer } = signInOf(host);
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: client.clientId,
    redirect_uri: REDIRECT,
    scope: 'openid',
    state: 'a-state',
    code_challenge_method: 'S256',
    ...more,
  });
  return `${issuer}/oauth2/authorize?${query.toString()}`;
}

export async function exchange(issuer: string, form: Record<string, string>, headers: Record<string, string> = {}) {
  const body = new URLSearchParams(form);
  const answer = await fetch(`${issuer}/oauth2/token`, { method: 'POST', body, headers });
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Record<string, unknown> };
}

/** Keeps cookies, and follows redirects as long as they stay with the provider. */
export function createBrowser() {
  const cookies = new Map<string, string>();
  async function request(
    url: string,
    init: { method?: string; body?: URLSearchParams; headers?: Record<string, string> },
  ): Promise<Response> {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(url, { ...init, redirect: 'manual', headers: { ...init.headers, cookie } });
    for (const set of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/v.exec(set) ?? [];
      if (value === '') cookies.delete(name);
      else cookies.set(name, value);
    }
    const location = answer.headers.get('location');
    if (location === null) return answer;
    const next = new URL(location, url);
    return next.origin === new URL(url).origin ? request(next.href, {}) : answer;
  }
  return {
    open: (url: string) => request(url, {}),
    send: (url: string, form: Record<string, string>, headers: Record<string, string> = {}) =>
      request(url, { method: 'POST', body: new URLSearchParams(form), headers }),
  };
}

/** Asks the library's desk. */
export async function ask({ apis }: Pick<TestHost, 'apis'>, path: string, token?: string) {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const answer = await fetch(`${apis[0]?.url}${path}`, { headers });
  return {
    status: answer.status,
    challenge: answer.headers.get('www-authenticate'),
    body: (await answer.json()) as Record<string, unknown>,
  };
}
