import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogOptions } from '../src/log.ts';
import { createLog } from '../src/log.ts';

const AT = Date.UTC(2026, 10, 23, 8, 30, 1, 250);

function lines(options: Partial<LogOptions>, use: (log: ReturnType<typeof createLog>) => void): string[] {
  const written: string[] = [];
  use(createLog({ write: (line) => written.push(line), form: 'json', now: () => AT, ...options }));
  return written;
}

test('a line is one JSON object: time, level, event, then the fields', () => {
  const [line] = lines({}, (log) => log.info('host.started', { port: 4000, stages: undefined, of: ['a'] }));
  assert.equal(
    line,
    '{"time":"2026-11-23T08:30:01.250Z","level":"info","event":"host.started","port":4000,"of":["a"]}\n',
  );
});

test('a field cannot pose as time, level or event', () => {
  const [line = ''] = lines({}, (log) => log.warn('a.b', { time: 'x', level: 'info', event: 'y', z: 1 }));
  assert.deepEqual(JSON.parse(line), { time: '2026-11-23T08:30:01.250Z', level: 'warn', event: 'a.b', z: 1 });
});

test('an error is written as its name and message, wherever it stands', () => {
  const [line = ''] = lines({}, (log) =>
    log.error('a.b', { error: new TypeError('no'), in: [{ cause: new Error('why') }] }),
  );
  assert.match(line, /"error":"TypeError: no","in":\[\{"cause":"Error: why"\}\]/);
});

test('lines below the chosen level are dropped', () => {
  const events = (level: LogOptions['level'] & string) =>
    lines({ level }, (log) => {
      log.debug('1');
      log.info('2');
      log.warn('3');
      log.error('4');
    }).length;
  assert.deepEqual([events('debug'), events('info'), events('warn'), events('error')], [4, 3, 2, 1]);
});

test('the human form shows the time of day, the event and the fields, and has colours only if asked', () => {
  const use = (log: ReturnType<typeof createLog>) => log.info('order.confirmed', { id: 'o-1', by: 'two words', n: 2 });
  assert.deepEqual(lines({ form: 'human' }, use), ['08:30:01.250 info  order.confirmed id=o-1 by="two words" n=2\n']);
  const [coloured = ''] = lines({ form: 'human', colours: true }, use);
  assert.ok(coloured.includes('\u001b[32minfo \u001b[39m'));
});

for (const form of ['json', 'human'] as const) {
  test(`no control character reaches the terminal (${form})`, () => {
    const hostile = 'a\u001b[2J\r\nb\u0000\u007f\u009b31m\u2028\u202e\u2066';
    const written = lines({ form }, (log) =>
      log.info(`event${hostile}`, { [`key${hostile}`]: hostile, plain: `x${hostile}y` }),
    );
    assert.equal(written.length, 1);
    assert.match(written[0] ?? '', /^[\u0020-\u007e]+\n$/v);
    if (form === 'json') assert.equal(JSON.parse(written[0] ?? '').plain, `x${hostile}y`);
  });

  test(`what JSON has no text for does not stop the log (${form})`, () => {
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    const [first = '', second = ''] = lines({ form }, (log) => {
      log.info('a', { circle });
      log.info('b', { big: 12n, fn: undefined, symbol: Symbol('s') });
    });
    assert.match(first, /not JSON/v);
    assert.match(second, /12/v);
  });
}
