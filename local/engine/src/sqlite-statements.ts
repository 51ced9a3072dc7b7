import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';

export type Row = Record<string, unknown>;

/** The statements of one database, each prepared once, at its first use. */
export class SqliteStatements {
  readonly #database: DatabaseSync;
  readonly #prepared = new Map<string, StatementSync>();

  readonly #beforeWhole: () => void;

  /** @param beforeWhole called before each statement that changes something, or that needs the database to hold everything; it may throw */
  constructor(database: DatabaseSync, beforeWhole: () => void = () => {}) {
    this.#database = database;
    this.#beforeWhole = beforeWhole;
  }

  /** For what is asked over all executions. */
  whole(): this {
    this.#beforeWhole();
    return this;
  }

  /** Answers how many rows it changed. */
  run(sql: string, ...values: SQLInputValue[]): number {
    this.#beforeWhole();
    return Number(this.#statement(sql).run(...values).changes);
  }

  /** Answers with the row's id. */
  insert(sql: string, ...values: SQLInputValue[]): number {
    this.#beforeWhole();
    return Number(this.#statement(sql).run(...values).lastInsertRowid);
  }

  /** The rows that a statement with RETURNING changed. */
  returning(sql: string, ...values: SQLInputValue[]): Row[] {
    this.#beforeWhole();
    return this.#statement(sql).all(...values);
  }

  get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#statement(sql).get(...values);
  }

  all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#statement(sql).all(...values);
  }

  #statement(sql: string): StatementSync {
    let statement = this.#prepared.get(sql);
    if (statement === undefined) this.#prepared.set(sql, (statement = this.#database.prepare(sql)));
    return statement;
  }
}

export function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
