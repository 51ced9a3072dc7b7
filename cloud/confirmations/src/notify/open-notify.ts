import type { NotifyConfig } from '../config.ts';
import type { Confirmations } from '../confirmations.ts';
import { openLinkKeys } from '../links/open-links.ts';
import type { Notify } from '../notice.ts';
import { attempt, type Channel } from './attempt.ts';

type Services = Pick<Confirmations, 'records' | 'report' | 'now'>;

/**
 * Tells people by whatever the environment has set up; where nothing is, nothing is called.
 *
 * The clients are imported when there is something to tell for the first time: a function whose environment names none never
 * loads one.
 */
export function openNotify(config: NotifyConfig | undefined, services: Services): Notify {
  const channels = config === undefined ? [] : channelsOf(config, services);
  return async (notices) => {
    if (notices.length > 0) await Promise.all(channels.map((tell) => tell(notices)));
  };
}

function channelsOf({ url, eventBusName, topicArn, mail, linkSecretArn }: NotifyConfig, services: Services): Notify[] {
  const { report } = services;
  const channels: Notify[] = [];
  if (eventBusName !== undefined) {
    const open = async () => {
      const { eventBridgeNotify, openEventBridge } = await import('./event-bridge-notify.ts');
      return eventBridgeNotify({ eventBridge: openEventBridge(), eventBusName, url, report });
    };
    channels.push(whenFirstNeeded('event-bridge', open, services));
  }
  if (topicArn !== undefined) {
    const open = async () => {
      const { openSns, snsNotify } = await import('./sns-notify.ts');
      return snsNotify({ sns: openSns(), topicArn, url, ...services });
    };
    channels.push(whenFirstNeeded('sns', open, services));
  }
  if (mail !== undefined) {
    const open = async () => {
      const [{ mailNotify }, { openSes, sesMail }] = await Promise.all([
        import('./mail-notify.ts'),
        import('./ses-mail.ts'),
      ]);
      const keys = linkSecretArn === undefined ? {} : { keys: openLinkKeys(linkSecretArn, services.now) };
      return mailNotify({
        sendMail: sesMail(openSes(), mail.from),
        addresses: mail.addresses,
        url,
        ...keys,
        ...services,
      });
    };
    channels.push(whenFirstNeeded('mail', open, services));
  }
  return channels;
}

function whenFirstNeeded(channel: Channel, open: () => Promise<Notify>, { report }: Services): Notify {
  let opened: Promise<Notify> | undefined;
  return async (notices) => {
    const [notice] = notices;
    if (notice === undefined) return;
    await attempt(channel, notice, report, async () => {
      opened ??= open();
      const tell = await opened;
      await tell(notices);
    });
  };
}
