import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Log } from '../log.ts';

/** A mail as it was handed in; nothing of it is ever sent. */
const Mail = z.object({
  from: z.string(),
  to: z.array(z.string()).default([]),
  cc: z.array(z.string()).default([]),
  bcc: z.array(z.string()).default([]),
  replyTo: z.array(z.string()).default([]),
  subject: z.string(),
  text: z.string().optional(),
  html: z.string().optional(),
  headers: z.array(z.object({ name: z.string(), value: z.string() })).default([]),
  /** A whole message of RFC 5322, which the app has written itself. */
  raw: z.string().optional(),
});
export type Mail = z.infer<typeof Mail>;
export type MailDraft = z.input<typeof Mail>;

const KeptMail = Mail.extend({ id: z.string(), at: z.string() });
/** `at` is an ISO instant. */
export type KeptMail = z.infer<typeof KeptMail>;

/** The mails that the app would have sent, one file each. */
export interface Outbox {
  /** It is on disk when this returns. The same key again is the same mail. */
  put(draft: MailDraft, key: string): KeptMail;
  /** The newest first, from the one after `afterId` on; where `text` is given, of those that hold it, in any case of its letters. */
  list(
    countMax: number,
    afterId?: string,
    text?: string,
  ): { readonly mails: readonly KeptMail[]; readonly total: number };
  get(id: string): KeptMail | undefined;
}

const KEPT_MAX = 1000;

/** Time, so that names sort by it, and a hash of the key. */
const NAME = /^(\d{8}T\d{9}Z-[0-9a-f]{16})\.json$/v;

export function openOutbox(options: {
  readonly dir: string;
  readonly now: () => number;
  readonly log: Log;
  /** How many are kept. @default 1,000 */
  readonly keptMax?: number;
  /** Told of each mail that is kept. @default nobody is */
  readonly onMail?: () => void;
}): Outbox {
  const { dir, now, log, keptMax = KEPT_MAX, onMail } = options;
  // Mails hold links that confirm things: nobody but this user may read them.
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  let ids = readdirSync(dir)
    .flatMap((name) => NAME.exec(name)?.[1] ?? [])
    .toSorted();

  const fileOf = (id: string) => join(dir, `${id}.json`);

  function get(id: string): KeptMail | undefined {
    if (!ids.includes(id)) return undefined;
    try {
      return KeptMail.parse(JSON.parse(readFileSync(fileOf(id), 'utf8')));
    } catch (error) {
      log.warn('outbox.unreadable', { id, error: error instanceof Error ? error.name : undefined });
      return undefined;
    }
  }

  return {
    put(draft, key) {
      const hash = createHash('sha256').update(key).digest('hex').slice(0, 16);
      const before = ids.find((id) => id.endsWith(hash));
      const at = new Date(now()).toISOString();
      const id = before ?? `${at.replaceAll(/[\-:.]/gv, '')}-${hash}`;
      const mail = { id, at, ...Mail.parse(draft) };
      const file = fileOf(id);
      writeFileSync(`${file}.new`, `${JSON.stringify(mail, null, 2)}\n`, { mode: 0o600, flush: true });
      renameSync(`${file}.new`, file);
      if (before === undefined) ids.push(id);
      for (const old of ids.slice(0, Math.max(0, ids.length - keptMax))) rmSync(fileOf(old), { force: true });
      ids = ids.slice(-keptMax);
      log.info('mail.kept', { mail: id, recipients: mail.to.length + mail.cc.length + mail.bcc.length });
      onMail?.();
      return mail;
    },
    list(countMax, afterId, text = '') {
      const newestFirst = ids.toReversed().filter((id) => afterId === undefined || id < afterId);
      const mails = newestFirst
        .values()
        .map(get)
        .filter((mail) => mail !== undefined && (text === '' || holds(mail, text.toLowerCase())))
        .take(countMax);
      return { mails: [...mails].filter((mail) => mail !== undefined), total: ids.length };
    },
    get,
  };
}

/** @param text in lower case */
function holds({ subject, text: body = '', html = '', raw = '', to, cc, bcc }: KeptMail, text: string): boolean {
  return [subject, body, html, raw, ...to, ...cc, ...bcc].some((part) => part.toLowerCase().includes(text));
}
