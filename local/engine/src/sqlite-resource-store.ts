import type { StateMachineType, Tag } from './api.ts';
import type {
  ResourceStore,
  StoredActivity,
  StoredAlias,
  StoredRevision,
  StoredStateMachine,
  StoredVersion,
} from './resource-store.ts';
import { textOrNull, type Row, type SqliteStatements } from './sqlite-statements.ts';

/** An alias and a version are found through their state machine, of which there is only ever a short list of them. */
export const resourceSchema = `
  CREATE TABLE state_machines (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL, status TEXT NOT NULL, created_at INTEGER NOT NULL,
    last_version INTEGER NOT NULL DEFAULT 0
  );
  CREATE UNIQUE INDEX state_machines_by_name ON state_machines (name) WHERE status <> 'DELETED';
  CREATE TABLE revisions (
    id INTEGER PRIMARY KEY, state_machine_id INTEGER NOT NULL, revision_id TEXT, definition TEXT NOT NULL,
    role_arn TEXT NOT NULL, settings TEXT NOT NULL, created_at INTEGER NOT NULL
  );
  CREATE INDEX revisions_by_machine ON revisions (state_machine_id);
  CREATE TABLE versions (
    state_machine_id INTEGER NOT NULL, number INTEGER NOT NULL, revision_id INTEGER NOT NULL, description TEXT,
    created_at INTEGER NOT NULL, PRIMARY KEY (state_machine_id, number)
  ) WITHOUT ROWID;
  CREATE TABLE aliases (
    id INTEGER PRIMARY KEY, state_machine_id INTEGER NOT NULL, name TEXT NOT NULL, description TEXT,
    routing TEXT NOT NULL, created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL
  );
  CREATE UNIQUE INDEX aliases_by_name ON aliases (state_machine_id, name);
  CREATE TABLE activities (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, encryption TEXT NOT NULL, created_at INTEGER NOT NULL
  );
  CREATE TABLE tags (resource_arn TEXT PRIMARY KEY, tags TEXT NOT NULL) WITHOUT ROWID;
`;

export class SqliteResourceStore implements ResourceStore {
  readonly #sql: SqliteStatements;

  constructor(sql: SqliteStatements) {
    this.#sql = sql;
  }

  insertStateMachine(machine: Omit<StoredStateMachine, 'id'>): number {
    return this.#sql.insert(
      'INSERT INTO state_machines (name, type, status, created_at) VALUES (?, ?, ?, ?)',
      machine.name,
      machine.type,
      machine.status,
      machine.createdAtMs,
    );
  }

  insertRevision(revision: Omit<StoredRevision, 'id'>): number {
    return this.#sql.insert(
      'INSERT INTO revisions (state_machine_id, revision_id, definition, role_arn, settings, created_at) VALUES (?, ?, ?, ?, ?, ?)',
      revision.stateMachineId,
      revision.revisionId,
      revision.definition,
      revision.roleArn,
      JSON.stringify(revision.settings),
      revision.createdAtMs,
    );
  }

  setStateMachineStatus(id: number, status: StoredStateMachine['status']): void {
    this.#sql.run('UPDATE state_machines SET status = ? WHERE id = ?', status, id);
  }

  findStateMachine(name: string): StoredStateMachine | undefined {
    return asStateMachine(this.#sql.get("SELECT * FROM state_machines WHERE name = ? AND status <> 'DELETED'", name));
  }

  loadStateMachine(id: number): StoredStateMachine | undefined {
    return asStateMachine(this.#sql.get('SELECT * FROM state_machines WHERE id = ?', id));
  }

  loadRevision(id: number): StoredRevision | undefined {
    return asRevision(this.#sql.get('SELECT * FROM revisions WHERE id = ?', id));
  }

  currentRevision(stateMachineId: number): StoredRevision {
    const revision = asRevision(
      this.#sql.get('SELECT * FROM revisions WHERE state_machine_id = ? ORDER BY id DESC LIMIT 1', stateMachineId),
    );
    if (revision === undefined) throw new Error(`state machine ${stateMachineId} has no revision`);
    return revision;
  }

  listStateMachines(beforeId: number, limit: number): StoredStateMachine[] {
    const rows = this.#sql.all(
      "SELECT * FROM state_machines WHERE id < ? AND status <> 'DELETED' ORDER BY id DESC LIMIT ?",
      beforeId,
      limit,
    );
    return rows.flatMap((row) => asStateMachine(row) ?? []);
  }

  stateMachinesBeingDeleted(): number[] {
    return this.#sql.all("SELECT id FROM state_machines WHERE status = 'DELETING'").map((row) => Number(row['id']));
  }

  insertVersion({ stateMachineId, revisionId, description, createdAtMs }: Omit<StoredVersion, 'number'>): number {
    const [counted] = this.#sql.returning(
      'UPDATE state_machines SET last_version = last_version + 1 WHERE id = ? RETURNING last_version',
      stateMachineId,
    );
    const number = Number(counted?.['last_version']);
    this.#sql.run(
      'INSERT INTO versions VALUES (?, ?, ?, ?, ?)',
      stateMachineId,
      number,
      revisionId,
      description,
      createdAtMs,
    );
    return number;
  }

  findVersion(stateMachineId: number, number: number): StoredVersion | undefined {
    return asVersion(
      this.#sql.get('SELECT * FROM versions WHERE state_machine_id = ? AND number = ?', stateMachineId, number),
    );
  }

  listVersions(stateMachineId: number, beforeNumber: number, limit: number): StoredVersion[] {
    const rows = this.#sql.all(
      'SELECT * FROM versions WHERE state_machine_id = ? AND number < ? ORDER BY number DESC LIMIT ?',
      stateMachineId,
      beforeNumber,
      limit,
    );
    return rows.flatMap((row) => asVersion(row) ?? []);
  }

  countVersions(stateMachineId: number): number {
    const counted = this.#sql.get('SELECT count(*) AS count FROM versions WHERE state_machine_id = ?', stateMachineId);
    return Number(counted?.['count']);
  }

  deleteVersion(stateMachineId: number, number: number): void {
    this.#sql.run('DELETE FROM versions WHERE state_machine_id = ? AND number = ?', stateMachineId, number);
  }

  insertAlias(alias: Omit<StoredAlias, 'id'>): void {
    this.#sql.run(
      'INSERT INTO aliases (state_machine_id, name, description, routing, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)',
      alias.stateMachineId,
      alias.name,
      alias.description,
      JSON.stringify(alias.routing),
      alias.createdAtMs,
      alias.updatedAtMs,
    );
  }

  updateAlias(id: number, changes: Pick<StoredAlias, 'description' | 'routing' | 'updatedAtMs'>): void {
    this.#sql.run(
      'UPDATE aliases SET description = ?, routing = ?, updated_at = ? WHERE id = ?',
      changes.description,
      JSON.stringify(changes.routing),
      changes.updatedAtMs,
      id,
    );
  }

  findAlias(stateMachineId: number, name: string): StoredAlias | undefined {
    return asAlias(
      this.#sql.get('SELECT * FROM aliases WHERE state_machine_id = ? AND name = ?', stateMachineId, name),
    );
  }

  listAliases(stateMachineId: number): StoredAlias[] {
    const rows = this.#sql.all('SELECT * FROM aliases WHERE state_machine_id = ? ORDER BY id', stateMachineId);
    return rows.flatMap((row) => asAlias(row) ?? []);
  }

  deleteAlias(id: number): void {
    this.#sql.run('DELETE FROM aliases WHERE id = ?', id);
  }

  insertActivity({ name, encryptionConfiguration, createdAtMs }: Omit<StoredActivity, 'id'>): void {
    this.#sql.run(
      'INSERT INTO activities (name, encryption, created_at) VALUES (?, ?, ?)',
      name,
      JSON.stringify(encryptionConfiguration),
      createdAtMs,
    );
  }

  findActivity(name: string): StoredActivity | undefined {
    return asActivity(this.#sql.get('SELECT * FROM activities WHERE name = ?', name));
  }

  listActivities(beforeId: number, limit: number): StoredActivity[] {
    const rows = this.#sql.all('SELECT * FROM activities WHERE id < ? ORDER BY id DESC LIMIT ?', beforeId, limit);
    return rows.flatMap((row) => asActivity(row) ?? []);
  }

  deleteActivity(id: number): void {
    this.#sql.run('DELETE FROM activities WHERE id = ?', id);
  }

  tagsOf(resourceArn: string): Tag[] {
    const row = this.#sql.get('SELECT tags FROM tags WHERE resource_arn = ?', resourceArn);
    return row === undefined ? [] : (JSON.parse(String(row['tags'])) as Tag[]);
  }

  putTags(resourceArn: string, tags: readonly Tag[]): void {
    if (tags.length === 0) this.#sql.run('DELETE FROM tags WHERE resource_arn = ?', resourceArn);
    else this.#sql.run('INSERT OR REPLACE INTO tags VALUES (?, ?)', resourceArn, JSON.stringify(tags));
  }
}

function asStateMachine(row: Row | undefined): StoredStateMachine | undefined {
  if (row === undefined) return undefined;
  return {
    id: Number(row['id']),
    name: String(row['name']),
    type: row['type'] as StateMachineType,
    status: row['status'] as StoredStateMachine['status'],
    createdAtMs: Number(row['created_at']),
  };
}

function asRevision(row: Row | undefined): StoredRevision | undefined {
  if (row === undefined) return undefined;
  return {
    id: Number(row['id']),
    stateMachineId: Number(row['state_machine_id']),
    revisionId: textOrNull(row['revision_id']),
    definition: String(row['definition']),
    roleArn: String(row['role_arn']),
    settings: JSON.parse(String(row['settings'])),
    createdAtMs: Number(row['created_at']),
  };
}

function asVersion(row: Row | undefined): StoredVersion | undefined {
  if (row === undefined) return undefined;
  return {
    stateMachineId: Number(row['state_machine_id']),
    number: Number(row['number']),
    revisionId: Number(row['revision_id']),
    description: textOrNull(row['description']),
    createdAtMs: Number(row['created_at']),
  };
}

function asAlias(row: Row | undefined): StoredAlias | undefined {
  if (row === undefined) return undefined;
  return {
    id: Number(row['id']),
    stateMachineId: Number(row['state_machine_id']),
    name: String(row['name']),
    description: textOrNull(row['description']),
    routing: JSON.parse(String(row['routing'])),
    createdAtMs: Number(row['created_at']),
    updatedAtMs: Number(row['updated_at']),
  };
}

function asActivity(row: Row | undefined): StoredActivity | undefined {
  if (row === undefined) return undefined;
  return {
    id: Number(row['id']),
    name: String(row['name']),
    encryptionConfiguration: JSON.parse(String(row['encryption'])),
    createdAtMs: Number(row['created_at']),
  };
}
