import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { withDirectCalls } from './direct/direct-calls.ts';
import { STEP_FUNCTIONS_CALLS } from './direct/json-calls.ts';
import { S3_CALLS } from './direct/s3-calls.ts';
import { tracer } from './observe.ts';

// The clients of the handlers that call AWS, made once when a function is loaded.

export function openSfn(): SFNClient {
  const client = tracer.captureAWSv3Client(new SFNClient({ cacheMiddleware: true }));
  return withDirectCalls(client, 'SFN', STEP_FUNCTIONS_CALLS);
}

export function openS3(): S3Client {
  const client = tracer.captureAWSv3Client(new S3Client({ cacheMiddleware: true }));
  return withDirectCalls(client, 'S3', S3_CALLS);
}
