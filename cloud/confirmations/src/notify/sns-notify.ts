import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import type { Confirmations } from '../confirmations.ts';
import type { Notify } from '../notice.ts';
import { tracer } from '../observe.ts';
import { stateOf } from '../request-state.ts';
import { attempt } from './attempt.ts';
import { answerSignedIn, headline, story } from './words.ts';

export interface SnsNotify extends Pick<Confirmations, 'records' | 'report'> {
  readonly sns: Pick<SNSClient, 'send'>;
  readonly topicArn: string;
  readonly url: string;
}

/** Amazon SNS API Reference, Publish, "Subject". */
const SUBJECT_LENGTH_MAX = 99;

export function openSns(): SNSClient {
  return tracer.captureAWSv3Client(new SNSClient());
}

/**
 * Publishes each notice as a text to a topic. Nobody knows who has subscribed to it, so it holds no link that could answer; what it
 * is about is in the message attributes `id` and `about`, for subscriptions to filter by.
 */
export function snsNotify({ sns, topicArn, url, records, report }: SnsNotify): Notify {
  return async (notices) => {
    for (const notice of notices) {
      if (notice.about === 'link') continue;
      await attempt('sns', notice, report, async () => {
        const { request } = stateOf((await records.read(notice.id)).record);
        const { id, about } = notice;
        const ending = about === 'decided' ? [] : answerSignedIn(notice, `${url}/${id}`);
        await sns.send(
          new PublishCommand({
            TopicArn: topicArn,
            Subject: headline(notice).slice(0, SUBJECT_LENGTH_MAX),
            Message: [...story(notice, request), ...ending].join('\n\n'),
            MessageAttributes: { id: textAttribute(id), about: textAttribute(about) },
          }),
        );
      });
    }
  };
}

function textAttribute(StringValue: string) {
  return { DataType: 'String', StringValue };
}
