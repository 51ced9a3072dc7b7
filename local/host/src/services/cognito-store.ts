import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { Adapter, AdapterPayload } from 'oidc-provider';

/** What sign-ins leave behind: codes, sessions, and the refresh tokens that outlive a restart. */
export interface SignInStore {
  /** Keeps one kind of a pool's artifacts. */
  adapter(userPoolId: string, kind: string): Adapter;
  close(): void;
}

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  CREATE TABLE IF NOT EXISTS artifacts (
    pool TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    payload TEXT NOT NULL,
    grant_id TEXT,
    uid TEXT,
    user_code TEXT,
    expires_at_ms INTEGER NOT NULL,
    PRIMARY KEY (pool, kind, id)
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS artifacts_by_grant ON artifacts (pool, grant_id) WHERE grant_id IS NOT NULL;
  CREATE INDEX IF NOT EXISTS artifacts_by_uid ON artifacts (pool, kind, uid) WHERE uid IS NOT NULL;
  CREATE INDEX IF NOT EXISTS artifacts_by_expiry ON artifacts (expires_at_ms);
`;

/** For an artifact that is given no end: none of the kinds used here is. */
const LIFETIME_SECONDS_MAX = 10 * 365 * 24 * 60 * 60;

/** Opens the file, which only this user may read: who has a refresh token of somebody can sign in as them. */
export function openSignInStore(file: string, now: () => number): SignInStore {
  closeSync(openSync(file, 'a', 0o600));
  const database = new DatabaseSync(file);
  database.exec(SCHEMA);
  const removeExpired = database.prepare('DELETE FROM artifacts WHERE expires_at_ms <= ?');
  const put = database.prepare('INSERT OR REPLACE INTO artifacts VALUES (?, ?, ?, ?, ?, ?, ?, ?)');
  const remove = database.prepare('DELETE FROM artifacts WHERE pool = ? AND kind = ? AND id = ?');
  const removeGrant = database.prepare('DELETE FROM artifacts WHERE pool = ? AND grant_id = ?');
  const consume = database.prepare(
    `UPDATE artifacts SET payload = json_set(payload, '$.consumed', ?) WHERE pool = ? AND kind = ? AND id = ?`,
  );
  const find = (column: 'id' | 'uid' | 'user_code') => {
    const statement = database.prepare(
      `SELECT payload FROM artifacts WHERE pool = ? AND kind = ? AND ${column} = ? AND expires_at_ms > ?`,
    );
    return (pool: string, kind: string, value: string): AdapterPayload | undefined => {
      const row = statement.get(pool, kind, value, now());
      return row === undefined ? undefined : JSON.parse(String(row['payload']));
    };
  };
  const by = { id: find('id'), uid: find('uid'), userCode: find('user_code') };

  return {
    adapter: (pool, kind) => ({
      async upsert(id, payload, expiresIn = LIFETIME_SECONDS_MAX) {
        const nowMs = now();
        const { grantId = null, uid = null, userCode = null } = payload;
        removeExpired.run(nowMs);
        put.run(pool, kind, id, JSON.stringify(payload), grantId, uid, userCode, nowMs + expiresIn * 1000);
      },
      find: async (id) => by.id(pool, kind, id),
      findByUid: async (uid) => by.uid(pool, kind, uid),
      findByUserCode: async (userCode) => by.userCode(pool, kind, userCode),
      async consume(id) {
        consume.run(Math.floor(now() / 1000), pool, kind, id);
      },
      async destroy(id) {
        remove.run(pool, kind, id);
      },
      async revokeByGrantId(grantId) {
        removeGrant.run(pool, grantId);
      },
    }),
    close: () => database.close(),
  };
}
