import { SendEmailCommand, SESv2Client } from '@aws-sdk/client-sesv2';
import { tracer } from '../observe.ts';
import type { SendMail } from './mail-notify.ts';

export function openSes(): SESv2Client {
  return tracer.captureAWSv3Client(new SESv2Client());
}

/** @param from an address or domain that SES has verified: `Orders <orders@example.com>` */
export function sesMail(ses: Pick<SESv2Client, 'send'>, from: string): SendMail {
  return async ({ to, subject, text }) => {
    const Simple = {
      Subject: { Data: subject, Charset: 'UTF-8' },
      Body: { Text: { Data: text, Charset: 'UTF-8' } },
      // So that no vacation notice answers it. RFC 3834, section 5.
      Headers: [{ Name: 'Auto-Submitted', Value: 'auto-generated' }],
    };
    await ses.send(
      new SendEmailCommand({ FromEmailAddress: from, Destination: { ToAddresses: [to] }, Content: { Simple } }),
    );
  };
}
