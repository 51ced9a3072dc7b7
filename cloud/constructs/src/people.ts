/* oxlint-disable no-new -- a construct is made for what it adds to its scope */
import { Aws, Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import { HttpUserPoolAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { AccountRecovery, CfnUserPoolGroup, Mfa, OAuthScope, UserPool, UserPoolClient } from 'aws-cdk-lib/aws-cognito';
import { Construct } from 'constructs';

/** Where the command line waits for a person who signs in with their browser. RFC 8252, section 7.3. */
const COMMAND_LINE = 'http://localhost:8976/callback';

/** Who is who: in these a policy finds those who may decide. */
const GROUPS = {
  customers: 'Send orders',
  managers: 'Confirm orders, and answer for those that wait',
  directors: 'Confirm what is too much for a manager alone',
};

export interface PeopleProps {
  /** Of pages that people sign in from: `https://…`, without a path. @default - there are none */
  readonly pagesOrigin?: string;
}

/** Those who may use the API, and their groups. Nobody signs up by themselves. */
export class People extends Construct {
  /** Where they sign in: `https://….amazoncognito.com`. */
  readonly signInUrl: string;
  readonly #pool: UserPool;
  readonly #client: UserPoolClient;

  constructor(scope: Construct, id: string, { pagesOrigin }: PeopleProps = {}) {
    super(scope, id);
    this.#pool = new UserPool(this, 'UserPool', {
      selfSignUpEnabled: false,
      signInAliases: { username: true, email: true },
      signInCaseSensitive: false,
      mfa: Mfa.REQUIRED,
      mfaSecondFactor: { otp: true, sms: false },
      passwordPolicy: {
        minLength: 12,
        requireLowercase: true,
        requireUppercase: true,
        requireDigits: true,
        requireSymbols: true,
        tempPasswordValidity: Duration.days(3),
      },
      accountRecovery: AccountRecovery.EMAIL_ONLY,
      // Accounts belong to people; deleting the stack is not deleting them.
      removalPolicy: RemovalPolicy.RETAIN,
    });
    for (const id of ['AwsSolutions-COG3', 'AwsSolutions-COG8']) {
      Validations.of(this.#pool).acknowledge({
        id,
        reason:
          'Threat protection is in the Plus tier and billed by the user and month; every sign-in needs a second factor.',
      });
    }
    const prefix = `${Stack.of(this).stackName.toLowerCase()}-${Aws.ACCOUNT_ID}`;
    this.signInUrl = this.#pool.addDomain('SignIn', { cognitoDomain: { domainPrefix: prefix } }).baseUrl();
    // With the slash, for an address has to be the same to the letter.
    const pages = pagesOrigin === undefined ? [] : [`${pagesOrigin}/`];
    this.#client = this.#pool.addClient('CommandLine', {
      generateSecret: false,
      authFlows: {},
      oAuth: {
        flows: { authorizationCodeGrant: true },
        scopes: [OAuthScope.OPENID, OAuthScope.EMAIL, OAuthScope.PROFILE],
        callbackUrls: [COMMAND_LINE, ...pages],
        ...(pages.length > 0 && { logoutUrls: pages }),
      },
      accessTokenValidity: Duration.hours(1),
      refreshTokenValidity: Duration.days(1),
      preventUserExistenceErrors: true,
    });
    for (const [groupName, description] of Object.entries(GROUPS)) {
      new CfnUserPoolGroup(this, groupName, { userPoolId: this.#pool.userPoolId, groupName, description });
    }
  }

  /** Who signs the tokens: what `countersign login --issuer` takes. */
  get issuer(): string {
    return this.#pool.userPoolProviderUrl;
  }

  /** The command line's own: what `countersign login --client-id` takes. */
  get clientId(): string {
    return this.#client.userPoolClientId;
  }

  get userPoolId(): string {
    return this.#pool.userPoolId;
  }

  /** Lets nobody in who has not signed in. */
  authorizer(): HttpUserPoolAuthorizer {
    return new HttpUserPoolAuthorizer('People', this.#pool, { userPoolClients: [this.#client] });
  }
}
