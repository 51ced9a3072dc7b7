import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { jsonObjects } from './json-objects.ts';
import { tracer } from './observe.ts';
import { recordStore } from './record-store.ts';
import { waitStore } from './wait-store.ts';

// The clients of the handlers that call AWS, made once when a function is loaded.

export function openSfn(): SFNClient {
  return tracer.captureAWSv3Client(new SFNClient());
}

export function openStores(bucket: string) {
  const objects = jsonObjects(tracer.captureAWSv3Client(new S3Client()), bucket);
  return { waits: waitStore(objects), records: recordStore(objects, Date.now) };
}
