import { readAll } from '../../confirmations/src/index.ts';
import type { Place } from './start.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** `LONG_TASKS_BUCKET`: where inputs, results, progress and tokens are. @throws if it is missing */
export function readBucketConfig(environment: Environment): { bucket: string } {
  return { bucket: readAll(environment, 'LONG_TASKS_BUCKET').LONG_TASKS_BUCKET };
}

/** @throws if the environment lacks something, naming all that it lacks. */
export function readStartConfig(environment: Environment): { bucket: string; place: Place } {
  const { LONG_TASKS_BUCKET, CLUSTER_ARN, CAPACITY, SUBNETS, SECURITY_GROUPS, ASSIGN_PUBLIC_IP } = readAll(
    environment,
    'LONG_TASKS_BUCKET',
    'CLUSTER_ARN',
    'CAPACITY',
    'SUBNETS',
    'SECURITY_GROUPS',
    'ASSIGN_PUBLIC_IP',
  );
  return {
    bucket: LONG_TASKS_BUCKET,
    place: {
      cluster: CLUSTER_ARN,
      capacity: CAPACITY === 'FARGATE_SPOT' ? CAPACITY : 'FARGATE',
      network: {
        subnets: SUBNETS.split(','),
        securityGroups: SECURITY_GROUPS.split(','),
        assignPublicIp: ASSIGN_PUBLIC_IP === 'ENABLED' ? ASSIGN_PUBLIC_IP : 'DISABLED',
      },
    },
  };
}
