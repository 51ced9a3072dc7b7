import { StepFunctionsError, type StateMachineDescription } from '../../engine/src/index.ts';
import { Arn } from './shapes.ts';
import type { RequestOf } from './members.ts';

/** The settings that CreateStateMachine and UpdateStateMachine share. They are kept and shown again. */
export const SettingsMembers = {
  loggingConfiguration: {
    type: 'structure',
    members: {
      level: { type: 'string', enum: ['ALL', 'ERROR', 'FATAL', 'OFF'] },
      includeExecutionData: { type: 'boolean' },
      destinations: {
        type: 'list',
        member: {
          type: 'structure',
          members: { cloudWatchLogsLogGroup: { type: 'structure', members: { logGroupArn: Arn } } },
        },
      },
    },
  },
  tracingConfiguration: { type: 'structure', members: { enabled: { type: 'boolean' } } },
  encryptionConfiguration: {
    type: 'structure',
    members: {
      type: { type: 'string', enum: ['AWS_OWNED_KEY', 'CUSTOMER_MANAGED_KMS_KEY'], required: true },
      kmsKeyId: { type: 'string', min: 1, max: 2048 },
      kmsDataKeyReusePeriodSeconds: { type: 'integer', min: 60, max: 900 },
    },
  },
} as const;

type Settings = RequestOf<typeof SettingsMembers>;

/** The given settings, complete, their members always in one order, so that equal settings are equal text. */
export function completeSettings({ loggingConfiguration, tracingConfiguration, encryptionConfiguration }: Settings) {
  return {
    ...(loggingConfiguration && { loggingConfiguration: completeLogging(loggingConfiguration) }),
    ...(tracingConfiguration && { tracingConfiguration: { enabled: tracingConfiguration.enabled ?? false } }),
    ...(encryptionConfiguration && { encryptionConfiguration: checkedEncryption(encryptionConfiguration) }),
  };
}

/** What a state machine has that was created without settings. */
export const DEFAULT_SETTINGS = {
  loggingConfiguration: { level: 'OFF', includeExecutionData: false },
  tracingConfiguration: { enabled: false },
  encryptionConfiguration: { type: 'AWS_OWNED_KEY' },
} as const;

/** The settings as describe answers show them. */
export function shownSettings(machine: StateMachineDescription) {
  const { loggingConfiguration, tracingConfiguration, encryptionConfiguration } = DEFAULT_SETTINGS;
  return {
    loggingConfiguration: machine.loggingConfiguration ?? loggingConfiguration,
    tracingConfiguration: machine.tracingConfiguration ?? tracingConfiguration,
    encryptionConfiguration: machine.encryptionConfiguration ?? encryptionConfiguration,
  };
}

function completeLogging(given: NonNullable<Settings['loggingConfiguration']>) {
  const { level = 'OFF', includeExecutionData = false, destinations = [] } = given;
  if (destinations.length > 1 || (level !== 'OFF' && destinations.length === 0)) {
    throw invalid('Logging', 'Must specify exactly one Log Destination.');
  }
  return { level, includeExecutionData, ...(destinations.length > 0 && { destinations }) };
}

function checkedEncryption(given: NonNullable<Settings['encryptionConfiguration']>) {
  const ownKey = given.type === 'CUSTOMER_MANAGED_KMS_KEY';
  if (ownKey !== (given.kmsKeyId !== undefined)) {
    throw invalid('Encryption', `kmsKeyId has to be given for CUSTOMER_MANAGED_KMS_KEY, and only for it.`);
  }
  return given;
}

function invalid(what: 'Logging' | 'Encryption', detail: string): StepFunctionsError {
  return new StepFunctionsError(`Invalid${what}Configuration`, `Invalid ${what} Configuration: ${detail}`);
}
