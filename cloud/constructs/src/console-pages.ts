import { Aws, Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import {
  AllowedMethods,
  CachePolicy,
  Distribution,
  HeadersFrameOption,
  HeadersReferrerPolicy,
  HttpVersion,
  PriceClass,
  ResponseHeadersPolicy,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { BlockPublicAccess, Bucket, BucketEncryption, type CfnBucket, type IBucket } from 'aws-cdk-lib/aws-s3';
import { BucketDeployment, CacheControl, Source } from 'aws-cdk-lib/aws-s3-deployment';
import { Construct, type IConstruct } from 'constructs';
import { execFileSync } from 'node:child_process';
import type { People } from './people.ts';

export interface ConsolePagesProps {
  /**
   * An absolute path of the program that makes the pages: given their settings as JSON, `{api, signIn: {issuer, clientId,
   * scopes, signOutUrl}}`, it prints `{[name]: {headers, body}}`. The empty name is the page itself.
   */
  readonly program: string;
}

/** What stands in the files for what only a deployment knows. */
const API = 'https://api.invalid';
const ISSUER = 'https://issuer.invalid';
const CLIENT_ID = 'client-id.invalid';
const SIGN_OUT = 'https://sign-out.invalid';

/**
 * The web page in a private bucket, and CloudFront in front of it. Its address is known before the API is, which has to let
 * it in: so it is made first, and told about the API and the people by {@link publish}.
 */
export class ConsolePages extends Construct {
  /** `https://….cloudfront.net`, as browsers send it. */
  readonly origin: string;
  readonly #bucket: Bucket;
  readonly #files: ReadonlyMap<string, string>;
  readonly #policy: string;

  constructor(scope: Construct, id: string, { program }: ConsolePagesProps) {
    super(scope, id);
    const made = makePages(program);
    this.#files = new Map([...made].map(([name, { body }]) => [name === '' ? 'index.html' : name, body]));
    this.#policy = made.get('')?.headers['content-security-policy'] ?? '';
    this.#bucket = new Bucket(this, 'Bucket', {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      // Nothing is in it that a deployment does not make again.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const distribution = new Distribution(this, 'Distribution', {
      comment: `The console of ${Stack.of(this).stackName}`,
      defaultRootObject: 'index.html',
      httpVersion: HttpVersion.HTTP2_AND_3,
      priceClass: PriceClass.PRICE_CLASS_100,
      defaultBehavior: {
        origin: S3BucketOrigin.withOriginAccessControl(this.#bucket as IBucket),
        allowedMethods: AllowedMethods.ALLOW_GET_HEAD,
        viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
        cachePolicy: CachePolicy.CACHING_OPTIMIZED,
        responseHeadersPolicy: this.#headers(),
        compress: true,
      },
    });
    this.origin = `https://${distribution.distributionDomainName}`;
    acknowledge(this.#bucket, BUCKET_FINDINGS);
    acknowledge(distribution, DISTRIBUTION_FINDINGS);
  }

  /**
   * Puts the pages there, told where the API is and who signs in to it.
   *
   * @param api its address, without a path
   */
  publish(api: string, people: People): void {
    const told = (text: string) =>
      text
        .replaceAll(API, api)
        .replaceAll(ISSUER, people.issuer)
        .replaceAll(CLIENT_ID, people.clientId)
        .replaceAll(SIGN_OUT, people.signInUrl);
    // The headers cannot name the API: it names the pages, and one of the two has to be made first. So the page itself does.
    const policy = this.#policy
      .replace(API, api)
      .replace(ISSUER, `${ISSUERS} ${people.signInUrl}`)
      .replace(/; frame-ancestors [^;]+/, '');
    const meta = `<meta http-equiv="Content-Security-Policy" content="${policy}" />`;
    const files = [...this.#files].map(([name, body]) =>
      Source.data(name, told(name === 'index.html' ? body.replace('<head>', `<head>${meta}`) : body)),
    );
    const logGroup = new LogGroup(this, 'PublishLog', {
      retention: RetentionDays.ONE_MONTH,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const deployment = new BucketDeployment(this, 'Publish', {
      sources: files,
      destinationBucket: this.#bucket as IBucket,
      // Asked for anew each time, and answered with nothing as long as it is the same.
      cacheControl: [CacheControl.noCache()],
      // The bucket goes with the stack, and can only go empty.
      retainOnDelete: false,
      logGroup,
    });
    acknowledge(deployment.handlerRole, this.#deploymentFindings());
    const handler = Stack.of(this).node.children.find((one) => one.node.id.startsWith('Custom::CDKBucketDeployment'));
    if (handler !== undefined) acknowledge(handler, HANDLER_FINDINGS);
  }

  #deploymentFindings(): Record<string, string> {
    const bucket = Stack.of(this).getLogicalId(this.#bucket.node.defaultChild as CfnBucket);
    const assets = 'cdk-hnb659fds-assets-<AWS::AccountId>-<AWS::Region>';
    const ids = [
      'IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]',
      ...['GetBucket', 'GetObject', 'List', 'Abort', 'DeleteObject'].map((action) => `IAM5[Action::s3:${action}*]`),
      `IAM5[Resource::arn:<AWS::Partition>:s3:::${assets}/*]`,
      `IAM5[Resource::<${bucket}.Arn>/*]`,
    ];
    return Object.fromEntries(ids.map((id) => [`AwsSolutions-${id}`, CDKS_OWN]));
  }

  /** As the pages ask for them, but for the one that is no header of theirs on AWS. */
  #headers(): ResponseHeadersPolicy {
    const anyApi = `https://*.execute-api.${Aws.REGION}.${Aws.URL_SUFFIX}`;
    const anySignIn = `https://*.auth.${Aws.REGION}.amazoncognito.com`;
    return new ResponseHeadersPolicy(this, 'Headers', {
      comment: `Of the console of ${Stack.of(this).stackName}`,
      securityHeadersBehavior: {
        contentSecurityPolicy: {
          contentSecurityPolicy: this.#policy.replace(API, anyApi).replace(ISSUER, `${ISSUERS} ${anySignIn}`),
          override: true,
        },
        contentTypeOptions: { override: true },
        frameOptions: { frameOption: HeadersFrameOption.DENY, override: true },
        referrerPolicy: { referrerPolicy: HeadersReferrerPolicy.NO_REFERRER, override: true },
        strictTransportSecurity: { accessControlMaxAge: TWO_YEARS, includeSubdomains: true, override: true },
      },
      customHeadersBehavior: {
        customHeaders: [
          { header: 'cross-origin-opener-policy', value: 'same-origin', override: true },
          { header: 'cross-origin-resource-policy', value: 'same-origin', override: true },
          { header: 'permissions-policy', value: 'camera=(), geolocation=(), microphone=()', override: true },
        ],
      },
    });
  }
}

const TWO_YEARS = Duration.days(730);

/** Cognito says there where one signs in, which is elsewhere. */
const ISSUERS = `https://cognito-idp.${Aws.REGION}.${Aws.URL_SUFFIX}`;

interface MadePage {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;

function makePages(program: string): ReadonlyMap<string, MadePage> {
  const scopes = ['openid', 'email', 'profile'];
  const signIn = { issuer: ISSUER, clientId: CLIENT_ID, scopes, signOutUrl: `${SIGN_OUT}/logout` };
  const printed = execFileSync(process.execPath, [program, JSON.stringify({ api: API, signIn })], {
    encoding: 'utf8',
    maxBuffer: OUTPUT_BYTES_MAX,
  });
  return new Map(Object.entries(JSON.parse(printed) as Record<string, MadePage>));
}

const BUCKET_FINDINGS = {
  'AwsSolutions-S1': 'In it are the files of a page that everybody may read; who reads them says nothing of orders.',
};

const DISTRIBUTION_FINDINGS = {
  'AwsSolutions-CFR1': 'Who may use the API has to sign in, wherever they are; the page itself holds nothing.',
  'AwsSolutions-CFR2': 'There is nothing behind it but files: a firewall would have nothing to keep out.',
  'AwsSolutions-CFR3':
    'Who loads the page says nothing of orders; what is done with it is in the access log of the API.',
  'AwsSolutions-CFR4': 'The certificate of *.cloudfront.net is CloudFront’s own, and so is what it asks of browsers.',
};

const CDKS_OWN =
  'This is CDK’s own function that copies files while a stack is deployed: it may read the assets, and write to the bucket of ' +
  'the page, in which nothing else is.';

const HANDLER_FINDINGS = { 'AwsSolutions-L1': CDKS_OWN };

function acknowledge(scope: IConstruct, findings: Readonly<Record<string, string>>): void {
  for (const [id, reason] of Object.entries(findings)) Validations.of(scope).acknowledge({ id, reason });
}
