import { issueLink } from '../commands/issue-link.ts';
import type { Confirmations } from '../confirmations.ts';
import type { Actor } from '../events.ts';
import { InvalidRequest } from '../invalid-request.ts';
import { reportEntries } from '../observe.ts';
import { Refusal } from '../refusals.ts';
import type { RequestState } from '../request-state.ts';
import { LinkAddress } from './link-address.ts';
import { newLinkId } from './link-id.ts';
import type { LinkKeys } from './link-keys.ts';
import { secretOf } from './link-secret.ts';

/** What links are made with. */
export interface Links {
  readonly keys: LinkKeys;
  /** Where requests are, without a slash at the end: `https://example.com/orders`. */
  readonly url: string;
  /** Whether a link can be brought to a person at all. */
  readonly reaches: (person: string) => boolean;
}

type Issuing = Pick<Confirmations, 'records' | 'report'> & Pick<Links, 'keys' | 'url'>;

/**
 * Issues a link to one person because somebody asked for it.
 *
 * @throws {Refusal}
 */
export async function issueLinkFor(id: string, person: string, by: Actor, issuing: Issuing): Promise<LinkAddress> {
  const { keyId, key } = await issuing.keys.current();
  const linkId = newLinkId();
  const { state, added } = await issuing.records.append(id, (draft) => {
    issueLink(draft, { id, person, by, linkId, keyId });
  });
  reportEntries(issuing.report, added, state.request, { id });
  return addressOf(id, linkId, key, state, issuing.url);
}

/**
 * Issues a link to each of those who are named as people to be asked, in one write. Who may not have one is left out: a notice
 * that comes without a link still tells where to answer.
 */
export async function issueLinks(
  id: string,
  people: readonly string[],
  issuing: Issuing,
): Promise<ReadonlyMap<string, LinkAddress>> {
  const { keyId, key } = await issuing.keys.current();
  const linkIds = new Map<string, string>();
  const { state, added } = await issuing.records.append(id, (draft) => {
    linkIds.clear();
    for (const person of people) {
      const linkId = newLinkId();
      try {
        issueLink(draft, { id, person, linkId, keyId });
        linkIds.set(person, linkId);
      } catch (error) {
        if (!(error instanceof Refusal || error instanceof InvalidRequest)) throw error;
      }
    }
  });
  reportEntries(issuing.report, added, state.request, { id });
  return new Map([...linkIds].map(([person, linkId]) => [person, addressOf(id, linkId, key, state, issuing.url)]));
}

function addressOf(id: string, linkId: string, key: Uint8Array, { request }: RequestState, url: string): LinkAddress {
  const link = request?.links.get(linkId);
  if (link === undefined) throw new Error(`link ${linkId} was written and is not there`);
  const { person, expiresAt } = link;
  return new LinkAddress(`${url}/${id}/links/${linkId}`, secretOf(key, { id, linkId, person, expiresAt }));
}
