import { DatabaseSync } from 'node:sqlite';

/** The executions that a file holds, and those of them whose task was answered. */
export function namesIn(file: string): {
  readonly started: ReadonlySet<string>;
  readonly answered: ReadonlySet<string>;
} {
  const database = new DatabaseSync(file);
  try {
    const started = database.prepare('SELECT name FROM executions').all();
    const answered = database
      .prepare(
        `SELECT DISTINCT name FROM executions JOIN events ON events.key >> 20 = executions.id
         WHERE text LIKE '%"ActivitySucceeded"%'`,
      )
      .all();
    const names = (rows: typeof started): Set<string> => new Set(rows.map(({ name }) => String(name)));
    return { started: names(started), answered: names(answered) };
  } finally {
    database.close();
  }
}
