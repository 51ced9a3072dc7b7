import { Hono } from 'hono';
import assert from 'node:assert/strict';
import type { Confirmations } from '../src/confirmations.ts';
import { linkRoutes } from '../src/http/link-routes.ts';
import { describeProblem, problemResponse } from '../src/http/problem.ts';
import { confirmationRoutes } from '../src/http/routes.ts';
import { rotatedKeys, type SecretVersion } from '../src/links/link-keys.ts';
import type { Links } from '../src/links/links.ts';
import { addressOfPerson } from '../src/notify/addresses.ts';
import { type Mail, mailNotify } from '../src/notify/mail-notify.ts';
import type { Policy } from '../src/policy.ts';
import type { Around } from './around.ts';
import type { Asked } from './fake-step-functions.ts';
import { ASKED, ID, World } from './world.ts';

export const URL_OF_REQUESTS = 'https://orders.example/orders';
export const ADDRESSES = {
  people: { anna: 'anna@example.com', ben: 'ben@example.com', chris: 'chris@example.com', rita: 'rita@example.com' },
  groups: { managers: 'managers@example.com' },
};

/** A link as its person has it: what the browser sends, and what it keeps to itself. */
export interface Held {
  /** From `/orders` on. */
  readonly path: string;
  readonly linkId: string;
  readonly secret: string;
}

export interface Response {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Record<string, unknown>;
}

/** A {@link World} whose people are told by mail, and answer by the links in them. */
export class LinkWorld extends World {
  readonly mails: Mail[] = [];
  /** The versions of the secret that links are signed with. */
  versions: Partial<Record<'AWSCURRENT' | 'AWSPREVIOUS', SecretVersion>> = { AWSCURRENT: version('v1') };
  keysRead = 0;
  /** Where requests come from. */
  sourceIp = '192.0.2.7';
  /** What answers; each request has a process of its own unless one is kept. */
  kept: Hono | undefined;
  /** All that anybody was ever answered, and asked for. */
  readonly seenOutside: string[] = [];
  sendMail: (mail: Mail) => Promise<void> = async (mail) => {
    this.mails.push(mail);
  };
  readonly #keys = rotatedKeys(
    async (stage) => {
      this.keysRead += 1;
      return this.versions[stage];
    },
    () => this.nowMs,
  );

  get links(): Links {
    const reaches = (person: string) => addressOfPerson(ADDRESSES, person) !== undefined;
    return { keys: this.#keys, url: URL_OF_REQUESTS, reaches };
  }

  override confirmations(around?: Around): Confirmations {
    const confirmations = super.confirmations(around);
    const sendMail = async (mail: Mail) => await this.sendMail(mail);
    const mail = mailNotify({ ...confirmations, ...this.links, sendMail, addresses: ADDRESSES });
    const notify: Confirmations['notify'] = async (notices) => {
      await confirmations.notify(notices);
      await mail(notices);
    };
    return { ...confirmations, notify };
  }

  /** A new key signs from now on; the one before still verifies, and the one before that no more. */
  rotate(name: string): void {
    const { AWSCURRENT } = this.versions;
    this.versions = { AWSCURRENT: version(name), ...(AWSCURRENT && { AWSPREVIOUS: AWSCURRENT }) };
  }

  newProcess(): Hono {
    const routes = {
      ...this.confirmations(),
      findAsker: async () => undefined,
      endedBefore: async () => undefined,
      describeProblem,
      links: this.links,
    };
    const app = new Hono();
    app.route('/orders/:id', confirmationRoutes(routes));
    app.route('/orders/:id', linkRoutes(routes));
    app.onError((error) => problemResponse(describeProblem(error)));
    return app;
  }

  async send(method: string, path: string, init: RequestInit = {}, person?: string): Promise<Response> {
    const app = this.kept ?? this.newProcess();
    const jwt = { claims: { username: person } };
    const requestContext = { http: { sourceIp: this.sourceIp }, ...(person !== undefined && { authorizer: { jwt } }) };
    const response = await app.request(
      `https://orders.example${path}`,
      { method, ...init },
      { event: { requestContext } },
    );
    const text = await response.text();
    this.seenOutside.push(`${method} ${path}`, JSON.stringify([...response.headers]), text);
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: isJson && text !== '' ? JSON.parse(text) : {},
    };
  }

  async post(path: string, body: unknown, person?: string): Promise<Response> {
    const headers = { 'content-type': 'application/json' };
    return await this.send('POST', path, { headers, body: JSON.stringify(body) }, person);
  }

  async open({ path, secret }: Held): Promise<Response> {
    return await this.post(`${path}/open`, { secret });
  }

  /** What the page does when its person presses a button: it has been opened before. */
  async answerBy(held: Held, given: object, nonce?: unknown): Promise<Response> {
    const opened = nonce ?? (await this.open(held)).body['nonce'] ?? 'none';
    return await this.post(`${held.path}/answer`, { secret: held.secret, nonce: opened, ...given });
  }

  /** The latest link in the mails of a person. */
  linkOf(person: keyof (typeof ADDRESSES)['people']): Held {
    const held = this.mails.flatMap(({ to, text }) => (to === ADDRESSES.people[person] ? linksIn(text) : []));
    return held.at(-1) ?? assert.fail(`no mail with a link came to ${person}`);
  }

  refusals() {
    return this.record.flatMap(({ event }) => (event.type === 'refused' ? [event] : []));
  }
}

export function linksIn(text: string): Held[] {
  const links = text.matchAll(
    /https:\/\/orders\.example(?<path>\/orders\/[^\s#]+\/links\/(?<linkId>\w+))#(?<secret>\S+)/gv,
  );
  return [...links].map(({ groups = {} }) => {
    const { path = '', linkId = '', secret = '' } = groups;
    return { path, linkId, secret };
  });
}

export function version(name: string): SecretVersion {
  return { VersionId: name, SecretString: `${name}, a key that is long enough for HMAC-SHA-256` };
}

export async function linkWorld(
  policy: Policy = { owner: 'olga', stages: [{ people: ['anna'] }] },
): Promise<LinkWorld> {
  return await linkWorldThatAsks({ ...ASKED, policy });
}

export async function linkWorldThatAsks(asked: Asked): Promise<LinkWorld> {
  const world = new LinkWorld();
  world.sfn.start(asked);
  await world.wait();
  return world;
}

export const problem = (kind: string) => `urn:countersign:problem:${kind}`;
export const LINKS = `/orders/${ID}/links`;
