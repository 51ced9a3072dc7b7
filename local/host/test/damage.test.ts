import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { cpSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { StartExecutionCommand } from '@aws-sdk/client-sfn';
import { examineData } from '../src/examine-data.ts';
import { freshPath, writeAssembly } from './assembly-files.ts';
import { startTestHost } from './test-host.ts';

const stateMachineArn = 'arn:aws:states:us-east-1:000000000000:stateMachine:resting';
const definition = {
  StartAt: 'Rest',
  States: { Rest: { Type: 'Wait', Seconds: 36_000, End: true } },
};
const assemblyDir = writeAssembly({
  Kept: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'kept' } },
  Resting: {
    Type: 'AWS::StepFunctions::StateMachine',
    Properties: {
      StateMachineName: 'resting',
      RoleArn: 'arn:aws:iam::000000000000:role/r',
      DefinitionString: JSON.stringify(definition),
    },
  },
});

const INPUT = JSON.stringify({ what: 'apples', note: 'i'.repeat(3_000) });
const BODY = 'o'.repeat(20_000);

const sound = freshPath();
const host = await startTestHost({ assemblyDir, dataDir: sound });
for (let number = 0; number < 30; number++) {
  await host.sfn.send(new StartExecutionCommand({ stateMachineArn, name: `e${number}`, input: INPUT }));
  await host.s3.send(new PutObjectCommand({ Bucket: 'kept', Key: `o${number}`, Body: BODY }));
}
await host.close();

function damaged(damage: (folder: string) => void): string {
  const folder = freshPath();
  cpSync(sound, folder, { recursive: true });
  damage(folder);
  return folder;
}

function findingsIn(damage: (folder: string) => void): string {
  return examineData(damaged(damage))
    .findings.map(({ file, what }) => `${file}: ${what}`)
    .join('\n');
}

function sql(file: string, text: string) {
  return (folder: string): void => {
    const database = new DatabaseSync(join(folder, file));
    database.exec(text);
    database.close();
  };
}

test('a data folder that nothing happened to has nothing wrong with it', () => {
  const { files, findings } = examineData(damaged(() => {}));
  assert.deepEqual(findings, []);
  assert.ok(files >= 4, `${files} files were looked at`);
});

const CASES: Readonly<Record<string, [(folder: string) => void, RegExp]>> = {
  'a text of an execution that was changed': [
    sql('executions.sqlite', `UPDATE executions SET input = replace(input, 'apples', 'pears') WHERE name = 'e3'`),
    /executions\.sqlite: execution \d+ \(e3\): the input of execution \d+ is damaged/,
  ],
  'an event that was changed': [
    sql('executions.sqlite', `UPDATE events SET text = replace(text, 'Rest', 'Rust') WHERE key >> 20 = 4`),
    /the history of execution 4 from event 1 on is damaged/,
  ],
  'events that are missing': [
    sql('executions.sqlite', `DELETE FROM events WHERE key >> 20 = 4`),
    /the history of execution 4 \(e3\) has 0 events, and should have/,
  ],
  'a timer that is missing': [
    sql('executions.sqlite', `DELETE FROM effects WHERE key >> 20 = 7`),
    /execution 7 \(e6\) runs, and nothing will ever move it/,
  ],
  'a status that its history contradicts': [
    sql('executions.sqlite', `UPDATE executions SET status = 'SUCCEEDED' WHERE id = 5`),
    /execution 5 \(e4\) is SUCCEEDED, and its history ends with WaitStateEntered/,
  ],
  'a position that cannot be read': [
    sql('executions.sqlite', `UPDATE executions SET position = substr(position, 3) WHERE id = 6`),
    /execution 6 \(e5\): /,
  ],
  'a journal that has lost what the database has seen': [
    sql('executions.sqlite', 'UPDATE journal SET seen = settled + 3'),
    /executions\.sqlite: the journal is damaged: it ends at \d+ where the database has seen \d+/,
  ],
  'an object that was changed': [
    sql(
      's3.sqlite',
      `UPDATE objects SET body = CAST(replace(CAST(body AS TEXT), 'oooo', 'oo0o') AS BLOB) WHERE key = CAST('o2' AS BLOB)`,
    ),
    /s3\.sqlite: the object kept\/o2 is not what its ETag says/,
  ],
  'a file that was cut off': [
    (folder) => truncateSync(join(folder, 's3.sqlite'), 40_000),
    /s3\.sqlite: .*(malformed|size|database)/,
  ],
  'a file that is no database any more': [
    (folder) => writeFileSync(join(folder, 'messages.sqlite'), 'nothing of that kind'),
    /messages\.sqlite: .*(not a database|malformed)/,
  ],
  'a file of names that is half there': [
    (folder) => truncateSync(join(folder, 'resources.json'), 10),
    /resources\.json: cannot be read/,
  ],
};

for (const [what, [damage, named]] of Object.entries(CASES))
  test(`${what} is named`, () => assert.match(findingsIn(damage), named));

test('what follows from the rest is put right, and the folder is sound then', () => {
  const folder = damaged(
    sql(
      'executions.sqlite',
      `INSERT INTO effects (key, due_at, in_flight) VALUES (999 << 20, 5, 0); DELETE FROM executions WHERE id = 9`,
    ),
  );
  const found = examineData(folder).findings;
  assert.ok(found.length > 0 && found.every(({ isDerivable }) => isDerivable), JSON.stringify(found));
  examineData(folder, { repair: true });
  assert.deepEqual(examineData(folder).findings, []);
});

test('a changed object is refused to whoever asks for it, and others are given theirs', async () => {
  const [damage] = CASES['an object that was changed'] ?? [];
  assert.ok(damage !== undefined);
  const again = await startTestHost({ assemblyDir, dataDir: damaged(damage) });
  const get = (Key: string) => again.s3.send(new GetObjectCommand({ Bucket: 'kept', Key }));
  await assert.rejects(get('o2'), { name: 'InternalError' });
  const whole = await get('o3');
  assert.equal(await whole.Body?.transformToString(), BODY);
  await again.close();
});

/** All that queries can see of a database. */
function contentOf(file: string): string {
  const database = new DatabaseSync(file);
  try {
    // How far the journal has been told moves on whenever the file is opened.
    const tables = database
      .prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'journal' ORDER BY name`)
      .all();
    const rows = tables.map(({ name }) => database.prepare(`SELECT * FROM "${String(name)}"`).all());
    return JSON.stringify(rows);
  } finally {
    database.close();
  }
}

test('a flipped bit in what was stored is found, wherever it is', (context) => {
  // Pages hold these texts as they were given, so a flip within one of them is a flip within what somebody stored, or has been free since.
  const places: [string, string][] = [
    ['executions.sqlite', 'i'.repeat(500)],
    ['s3.sqlite', 'o'.repeat(500)],
  ];
  let found = 0;
  for (const [file, text] of places) {
    const bytes = readFileSync(join(sound, file));
    const content = contentOf(
      join(
        damaged(() => {}),
        file,
      ),
    );
    for (let round = 0; round < 12; round++) {
      const at = bytes.indexOf(text, randomInt(bytes.length));
      if (at < 0) continue;
      const place = at + randomInt(text.length);
      const folder = damaged((copy) => {
        const flipped = Buffer.from(bytes);
        flipped[place] = (flipped[place] ?? 0) ^ (1 << randomInt(7));
        writeFileSync(join(copy, file), flipped);
      });
      const { findings } = examineData(folder);
      if (findings.some((finding) => finding.file === file)) found++;
      else
        assert.ok(contentOf(join(folder, file)) === content, `the flip in byte ${place} of ${file} changed something`);
    }
  }
  context.diagnostic(`${found} flips were found`);
  assert.ok(found >= 5, `only ${found} flips were found`);
});
