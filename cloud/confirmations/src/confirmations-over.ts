import type { S3Client } from '@aws-sdk/client-s3';
import type { SFNClient } from '@aws-sdk/client-sfn';
import type { Confirmations } from './confirmations.ts';
import { jsonObjects } from './json-objects.ts';
import { recordStore } from './record-store.ts';
import { sendTaskSuccessBy } from './send-task-success.ts';
import { waitStore } from './wait-store.ts';

export interface ConfirmationsOver extends Pick<Confirmations, 'notify' | 'now' | 'report'> {
  readonly s3: Pick<S3Client, 'send'>;
  readonly sfn: Pick<SFNClient, 'send'>;
  readonly bucket: string;
}

/** What functions work with, over a bucket and Step Functions, be they real or modelled. */
export function confirmationsOver({ s3, sfn, bucket, notify, now, report }: ConfirmationsOver): Confirmations {
  const objects = jsonObjects(s3, bucket);
  const sendTaskSuccess = sendTaskSuccessBy(sfn);
  return { waits: waitStore(objects), records: recordStore(objects, now), sendTaskSuccess, notify, now, report };
}
