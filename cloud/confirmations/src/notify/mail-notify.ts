import type { Confirmations } from '../confirmations.ts';
import type { LinkAddress } from '../links/link-address.ts';
import { issueLinks, type Links } from '../links/links.ts';
import type { Notice, Notify } from '../notice.ts';
import { type Request, stateOf } from '../request-state.ts';
import { type Addresses, addressOfGroup, addressOfPerson } from './addresses.ts';
import { attempt } from './attempt.ts';
import { answerByLink, answerSignedIn, headline, story } from './words.ts';

/** A plain mail to one address. Without HTML there is nothing in it for a tracker to rewrite, and a link stays as it is. */
export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

export type SendMail = (mail: Mail) => Promise<void>;

export interface MailNotify extends Pick<Confirmations, 'records' | 'report'> {
  readonly sendMail: SendMail;
  readonly addresses: Addresses;
  readonly url: string;
  /** Absent: mails tell where to answer, and carry no links. */
  readonly keys?: Links['keys'];
}

/** A person gets a mail of their own, with a link of their own; a group one that says where to sign in. */
export function mailNotify(mail: MailNotify): Notify {
  return async (notices) => {
    // One after the other: each writes its links into the same record.
    for (const notice of notices) {
      await attempt('mail', notice, mail.report, async () => await tell(notice, mail));
    }
  };
}

async function tell(notice: Notice, mail: MailNotify): Promise<void> {
  const { id, to } = notice;
  const { request } = stateOf((await mail.records.read(id)).record);
  const people = (to.people ?? []).filter((person) => isConcerned(person, notice, request));
  const reachable = people.filter((person) => addressOfPerson(mail.addresses, person) !== undefined);
  const links = await linksFor(notice, reachable, mail);
  const text = story(notice, request);
  const send = async (address: string, ending: readonly string[]) => {
    await attempt('mail', notice, mail.report, async () => {
      await mail.sendMail({ to: address, subject: headline(notice), text: `${[...text, ...ending].join('\n\n')}\n` });
    });
  };

  const signedIn = notice.about === 'decided' ? [] : answerSignedIn(notice, `${mail.url}/${id}`);
  const toPeople = reachable.map(async (person) => {
    const link = links.get(person);
    const address = addressOfPerson(mail.addresses, person);
    if (address !== undefined) await send(address, link === undefined ? signedIn : answerByLink(link.reveal()));
  });
  const groups = (to.groups ?? []).flatMap((group) => addressOfGroup(mail.addresses, group) ?? []);
  await Promise.all([...toPeople, ...groups.map(async (address) => await send(address, signedIn))]);
}

/** Who has answered is asked no more, but hears how it ended. */
function isConcerned(person: string, { about }: Notice, request: Request | undefined): boolean {
  return about === 'decided' || !(request?.answers.some(({ by }) => by.person === person) ?? false);
}

async function linksFor(
  notice: Notice,
  people: readonly string[],
  { keys, url, records, report }: MailNotify,
): Promise<ReadonlyMap<string, LinkAddress>> {
  const { id, about, link } = notice;
  if (link !== undefined) return new Map(people.map((person) => [person, link]));
  let links: ReadonlyMap<string, LinkAddress> = new Map();
  if (about === 'decided' || keys === undefined || people.length === 0) return links;
  // A mail without a link is better than none.
  await attempt('mail', notice, report, async () => {
    links = await issueLinks(id, people, { keys, url, records, report });
  });
  return links;
}
