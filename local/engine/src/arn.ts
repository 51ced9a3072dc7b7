import { InvalidArn } from './errors.ts';

/** Makes and reads the ARNs of state machines, their versions and aliases, of executions and of activities. */
export interface ArnMaker {
  readonly region: string;
  readonly accountId: string;
}

export function stateMachineArn({ region, accountId }: ArnMaker, name: string): string {
  return `arn:aws:states:${region}:${accountId}:stateMachine:${name}`;
}

/** The ARN of a version, by its number, or of an alias, by its name. */
export function qualifiedArn(machineArn: string, qualifier: number | string): string {
  return `${machineArn}:${qualifier}`;
}

export function activityArn({ region, accountId }: ArnMaker, name: string): string {
  return `arn:aws:states:${region}:${accountId}:activity:${name}`;
}

export function executionArn(machineArn: string, name: string): string {
  return `${machineArn.replace(':stateMachine:', isExpressName(name) ? ':express:' : ':execution:')}:${name}`;
}

/** Several Express executions of a state machine may bear one name, so each is stored under its name and an id. */
export function expressName(name: string, id: string): string {
  return `${name}:${id}`;
}

function isExpressName(stored: string): boolean {
  return stored.includes(':');
}

/** The name that an execution was given. */
export function givenName(stored: string): string {
  return stored.split(':')[0] ?? stored;
}

export function isExpressArn(arn: string): boolean {
  return arn.split(':')[5] === 'express';
}

export function parseStateMachineArn(arn: string): { name: string; qualifier?: string } {
  const match = /^arn:aws[a-z-]*:states:[a-z0-9-]+:\d{12}:stateMachine:([^:]+)(?::([^:]+))?$/.exec(arn);
  if (match?.[1] === undefined) throw invalid(arn, 'stateMachine');
  return { name: match[1], ...(match[2] !== undefined && { qualifier: match[2] }) };
}

export function parseActivityArn(arn: string): { name: string } {
  const name = /^arn:aws[a-z-]*:states:[a-z0-9-]+:\d{12}:activity:([^:]+)$/.exec(arn)?.[1];
  if (name === undefined) throw invalid(arn, 'activity');
  return { name };
}

export function parseExecutionArn(arn: string): { stateMachineName: string; name: string } {
  const match = /^arn:aws[a-z-]*:states:[a-z0-9-]+:\d{12}:execution:([^:]+):([^:]+)$/.exec(arn);
  if (match?.[1] === undefined || match[2] === undefined) throw invalid(arn, 'execution');
  return { stateMachineName: match[1], name: match[2] };
}

/** Refuses what is not the ARN of a Map Run. */
export function checkMapRunArn(arn: string): void {
  if (!/^arn:aws[a-z-]*:states:[a-z0-9-]+:\d{12}:mapRun:[^:/]+\/[^:]+:[^:]+$/.test(arn)) throw invalid(arn, 'mapRun');
}

function invalid(arn: string, wanted: string): InvalidArn {
  if (!/^arn:aws[a-z-]*:/.test(arn)) return new InvalidArn(`Invalid ARN prefix: ${arn}`);
  return new InvalidArn(`Resource type not valid in this context: ${arn.split(':')[5] ?? wanted}`);
}
