import { Template } from 'aws-cdk-lib/assertions';
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { OrderApprovalStack } from '../src/order-approval-stack.ts';
import { appWithoutBundles, joined, resourcesOf, synthesise } from './synthesised.ts';

const app = appWithoutBundles();
const stack = new OrderApprovalStack(app, 'Orders', { console: true });
// Refuses a template in which two resources wait for each other.
const template = Template.fromStack(stack);

function only(type: string): [id: string, properties: Readonly<Record<string, unknown>>] {
  const [[id, { Properties }] = assert.fail(`there is no ${type}`), ...others] = resourcesOf(template, type);
  assert.deepEqual(others, [], `one ${type}`);
  return [id, Properties];
}

const [distributionId, distribution] = only('AWS::CloudFront::Distribution');
const [apiId, api] = only('AWS::ApiGatewayV2::Api');
const ORIGIN = { 'Fn::Join': ['', ['https://', { 'Fn::GetAtt': [distributionId, 'DomainName'] }]] };

test('without the setting there are no pages, and no page elsewhere may call the API', () => {
  const plain = synthesise();
  assert.deepEqual(resourcesOf(plain, 'AWS::CloudFront::Distribution'), []);
  assert.equal(resourcesOf(plain, 'AWS::ApiGatewayV2::Api')[0]?.[1].Properties['CorsConfiguration'], undefined);
  assert.ok(!JSON.stringify(plain.toJSON()).includes('OPTIONS'));
});

test('nobody but the distribution reads the bucket, and it only over TLS', () => {
  const ofConsole = (type: string) =>
    resourcesOf(template, type).find(([id]) => id.startsWith('ConsoleBucket')) ?? assert.fail(`it has no ${type}`);
  const [bucketId, bucket] = ofConsole('AWS::S3::Bucket');
  const blocked = Object.values(bucket.Properties['PublicAccessBlockConfiguration'] as object);
  assert.deepEqual(blocked, [true, true, true, true]);
  const [, policy] = ofConsole('AWS::S3::BucketPolicy');
  const { Statement } = policy.Properties['PolicyDocument'] as { Statement: Record<string, unknown>[] };
  const allowed = Statement.filter(({ Effect }) => Effect === 'Allow');
  assert.equal(allowed.length, 1);
  assert.deepEqual(allowed[0]?.['Principal'], { Service: 'cloudfront.amazonaws.com' });
  assert.equal(allowed[0]?.['Action'], 's3:GetObject');
  assert.match(JSON.stringify(allowed[0]?.['Condition']), new RegExp(`distribution/.*${distributionId}`));
  assert.ok(
    Statement.some(
      ({ Effect, Condition }) => Effect === 'Deny' && JSON.stringify(Condition).includes('SecureTransport'),
    ),
  );
  const { Origins, DefaultCacheBehavior } = distribution['DistributionConfig'] as Record<string, unknown[]>;
  assert.equal(Origins?.length, 1);
  assert.match(JSON.stringify(Origins), /"OriginAccessControlId":\{/);
  assert.match(JSON.stringify(Origins), new RegExp(`"DomainName":\\{"Fn::GetAtt":\\["${bucketId}"`));
  assert.match(JSON.stringify(DefaultCacheBehavior), /"ViewerProtocolPolicy":"redirect-to-https"/);
});

test('the API lets in the pages of that origin and of no other, and asks no token of the question before', () => {
  const { AllowOrigins, AllowMethods, AllowHeaders } = api['CorsConfiguration'] as Record<string, unknown>;
  assert.deepEqual(AllowOrigins, [ORIGIN]);
  assert.deepEqual(AllowMethods, ['GET', 'POST', 'PUT']);
  assert.deepEqual(AllowHeaders, ['authorization', 'content-type', 'idempotency-key']);
  const preflight = resourcesOf(template, 'AWS::ApiGatewayV2::Route').find(
    ([, { Properties }]) => Properties['RouteKey'] === 'OPTIONS /{proxy+}',
  );
  assert.equal(preflight?.[1].Properties['AuthorizationType'], 'NONE');
});

test('who signs in is led back to the page, or to the command line', () => {
  const [, client] = only('AWS::Cognito::UserPoolClient');
  assert.deepEqual((client['CallbackURLs'] as unknown[]).map(joined), [
    'http://localhost:8976/callback',
    `https://<${distributionId}.DomainName>/`,
  ]);
  assert.deepEqual((client['LogoutURLs'] as unknown[]).map(joined), [`https://<${distributionId}.DomainName>/`]);
});

test('every answer has the policy of the page, which names no other origin than those of AWS that it needs', () => {
  const [, { ResponseHeadersPolicyConfig: headers }] = only('AWS::CloudFront::ResponseHeadersPolicy');
  const { SecurityHeadersConfig: security } = headers as {
    SecurityHeadersConfig: Record<string, Record<string, unknown>>;
  };
  const policy = joined(security['ContentSecurityPolicy']?.['ContentSecurityPolicy']);
  assert.match(policy, /default-src 'none'; script-src 'self'; .*frame-ancestors 'none'.*trusted-types 'none'/);
  assert.doesNotMatch(policy, /unsafe|invalid|data:|blob:/);
  const region = '<AWS::Region>';
  assert.deepEqual(
    policy
      .split('; ')
      .find((rule) => rule.startsWith('connect-src'))
      ?.split(' '),
    [
      'connect-src',
      "'self'",
      `https://*.execute-api.${region}.<AWS::URLSuffix>`,
      `https://cognito-idp.${region}.<AWS::URLSuffix>`,
      `https://*.auth.${region}.amazoncognito.com`,
    ],
  );
  assert.deepEqual(security['ContentTypeOptions'], { Override: true });
  assert.equal(security['FrameOptions']?.['FrameOption'], 'DENY');
});

test('the page itself names the one API, and its settings whom to sign in with', () => {
  const [[, deployment] = assert.fail('nothing is published')] = resourcesOf(template, 'Custom::CDKBucketDeployment');
  const markers = Object.assign({}, ...(deployment.Properties['SourceMarkers'] as object[])) as Record<string, unknown>;
  assert.ok(Object.keys(markers).length > 0);
  const published = new Map(
    readdirSync(app.outdir, { recursive: true, encoding: 'utf8' }).map((path) => [path.split('/').at(-1), path]),
  );
  const read = (name: string) => readFileSync(join(app.outdir, published.get(name) ?? assert.fail(name)), 'utf8');
  const [meta = ''] = /(?<=http-equiv="Content-Security-Policy" content=")[^"]+/.exec(read('index.html')) ?? [];
  assert.match(meta, /script-src 'self'; .*connect-src 'self' \S+ \S+ \S+; .*require-trusted-types-for 'script'/);
  assert.doesNotMatch(meta, /frame-ancestors|invalid|unsafe|\*/);
  const settings = JSON.parse(read('settings.json')) as {
    api: string;
    signIn: { scopes: string[]; clientId: string; signOutUrl: string };
  };
  assert.deepEqual(Object.keys(settings), ['api', 'signIn']);
  assert.deepEqual(settings.signIn.scopes, ['openid', 'email', 'profile']);
  for (const text of [settings.api, settings.signIn.clientId]) assert.match(text, /^<<marker:.*>>$/);
  assert.match(settings.signIn.signOutUrl, /^https:\/\/\S+\/logout$/);
  assert.ok(JSON.stringify(markers).includes(`"Fn::GetAtt":["${apiId}","ApiEndpoint"]`));
  assert.ok((published.get('console.js') ?? '').startsWith('asset.'));
});
