import { Duration } from 'aws-cdk-lib';
import type { IHttpRouteAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { join } from 'node:path';
import type { Confirmations } from './confirmations.ts';
import { NodeFunction } from './node-function.ts';
import { People } from './people.ts';
import { SignedInApi } from './signed-in-api.ts';

export interface ConfirmationsApiProps {
  readonly confirmations: Confirmations;
  /** Those whose waits can be answered here. */
  readonly stateMachines: readonly StateMachine[];
  /** Lets in who may use the API. @default those of a user pool that this construct makes */
  readonly authorizer?: IHttpRouteAuthorizer;
  /** The claim of a token that names a person. @default the user name that Cognito gives */
  readonly personClaim?: string;
}

const HANDLER = join(import.meta.dirname, '../../confirmations/src/handlers/api.ts');

/** Where people see and answer what waits: `GET /confirmations`, `POST /confirmations/{id}/confirmation`, and the rest. */
export class ConfirmationsApi extends Construct {
  /** `https://…/confirmations` */
  readonly url: string;

  constructor(scope: Construct, id: string, props: ConfirmationsApiProps) {
    super(scope, id);
    const { confirmations, stateMachines, personClaim } = props;
    const handler = new NodeFunction(this, 'Api', {
      description: 'Shows what waits for people, and takes their answers',
      entry: HANDLER,
      environment: {
        ...confirmations.environment,
        ...(personClaim !== undefined && { PERSON_CLAIM: personClaim }),
      },
      timeout: Duration.seconds(20),
    });
    confirmations.store.grantAnswer(handler);
    for (const stateMachine of stateMachines) confirmations.answerWaitsOf(stateMachine, handler);
    const authorizer = props.authorizer ?? new People(this, 'People').authorizer();
    this.url = new SignedInApi(this, 'HttpApi', { handler, authorizer, path: '/confirmations' }).url;
  }
}
