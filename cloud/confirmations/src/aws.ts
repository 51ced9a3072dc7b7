import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { tracer } from './observe.ts';

// The clients of the handlers that call AWS, made once when a function is loaded.

export function openSfn(): SFNClient {
  return tracer.captureAWSv3Client(new SFNClient());
}

export function openS3(): S3Client {
  return tracer.captureAWSv3Client(new S3Client());
}
