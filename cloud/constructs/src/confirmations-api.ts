import { Duration } from 'aws-cdk-lib';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { join } from 'node:path';
import type { Confirmations } from './confirmations.ts';
import { NodeFunction } from './node-function.ts';
import type { SignedInApi } from './signed-in-api.ts';

export interface ConfirmationsApiProps {
  readonly confirmations: Confirmations;
  /** Where people call; its path is `/confirmations`. */
  readonly api: SignedInApi;
  /** Those whose waits can be answered here. */
  readonly stateMachines: readonly StateMachine[];
  /** The claim of a token that names a person. @default the user name that Cognito gives */
  readonly personClaim?: string;
}

const HANDLER = join(import.meta.dirname, '../../confirmations/src/handlers/api.ts');

/** Lets people see and answer what waits: `GET /confirmations`, `POST /confirmations/{id}/confirmation`, and the rest. */
export class ConfirmationsApi extends Construct {
  constructor(scope: Construct, id: string, props: ConfirmationsApiProps) {
    super(scope, id);
    const { confirmations, api, stateMachines, personClaim } = props;
    const handler = new NodeFunction(this, 'Api', {
      description: 'Shows what waits for people, and takes their answers',
      entry: HANDLER,
      environment: {
        ...confirmations.environment,
        ...(personClaim !== undefined && { PERSON_CLAIM: personClaim }),
      },
      timeout: Duration.seconds(20),
    });
    confirmations.grantAnswer(handler);
    for (const stateMachine of stateMachines) confirmations.answerWaitsOf(stateMachine, handler);
    api.serve(handler);
  }
}
