import { action } from '../action.ts';
import {
  Definition,
  ExecutionInput,
  RoleArn,
  SensitiveCause,
  SensitiveError,
  TestData,
  TestStateStateName,
} from '../shapes.ts';

export const testState = action({
  members: {
    definition: { ...Definition, required: true },
    roleArn: RoleArn,
    input: ExecutionInput,
    inspectionLevel: { type: 'string', enum: ['INFO', 'DEBUG', 'TRACE'] },
    revealSecrets: { type: 'boolean' },
    variables: TestData,
    stateName: TestStateStateName,
    mock: {
      type: 'structure',
      members: {
        result: TestData,
        errorOutput: { type: 'structure', members: { error: SensitiveError, cause: SensitiveCause } },
        fieldValidationMode: { type: 'string', enum: ['STRICT', 'PRESENT', 'NONE'] },
      },
    },
    context: TestData,
    stateConfiguration: {
      type: 'structure',
      members: {
        retrierRetryCount: { type: 'integer', min: 0 },
        errorCausedByState: TestStateStateName,
        mapIterationFailureCount: { type: 'integer', min: 0 },
        mapItemReaderData: TestData,
      },
    },
  },
  perform: (engine, request) => engine.testState(request),
});
