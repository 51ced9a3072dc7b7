import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { graphMermaid } from '../src/graph/draw-mermaid.ts';
import { graphSvg } from '../src/graph/draw-svg.ts';
import { graphText } from '../src/graph/draw-text.ts';
import { type GraphMarks, NO_MARKS, wayKey } from '../src/graph/graph-marks.ts';
import { arrowsOf } from '../src/graph/merged-transitions.ts';
import { parseStateGraph } from '../src/graph/state-graph.ts';
import { textWidth } from '../src/text-width.ts';

const plain = () => (text: string) => text;

function draw(definition: object, width: number, marks: GraphMarks = NO_MARKS): string {
  return graphText(parseStateGraph(JSON.stringify(definition)), marks, width, plain);
}

const ORDER = {
  StartAt: 'Ask',
  States: {
    Ask: {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
      Next: 'Decide',
      Catch: [{ ErrorEquals: ['States.Timeout'], Next: 'Expired' }],
    },
    Decide: { Type: 'Choice', Choices: [{ Variable: '$.ok', BooleanEquals: true, Next: 'Done' }], Default: 'Ask' },
    Done: { Type: 'Succeed' },
    Expired: { Type: 'Fail' },
  },
};

test('a state machine is boxes and arrows, errors dashed, and conditions are explained', () => {
  assert.equal(
    draw(ORDER, 80),
    `
                    Start
                      │
                      ▼
┌───────────────────────────────────────────┐
│                    Ask                    │
│ Task · lambda:invoke, waits for an answer │
└───────────────────────────────────────────┘
           │          ▲          ╎1
           └───┐  ┌───┘         ┌┘
               ▼  │3            ▼
            ┌────────┐   ┌────────────┐
            │ Decide │   │  Expired   │
            │ Choice │   │ Fail · end │
            └────────┘   └────────────┘
                │2
                ▼
        ┌───────────────┐
        │     Done      │
        │ Succeed · end │
        └───────────────┘

1  on States.Timeout
2  $.ok = true
3  otherwise`.slice(1),
  );
});

const BRANCHES = {
  StartAt: 'Both',
  States: {
    Both: {
      Type: 'Parallel',
      Branches: [
        { StartAt: 'One', States: { One: { Type: 'Pass', End: true } } },
        { StartAt: 'Other', States: { Other: { Type: 'Pass', End: true } } },
      ],
      End: true,
    },
  },
};

test('branches are beside each other, where there is no room under each other, and at last a list', () => {
  const lineWith = (text: string, name: string) => text.split('\n').findIndex((line) => line.includes(name));
  const wide = draw(BRANCHES, 60);
  assert.equal(lineWith(wide, 'One'), lineWith(wide, 'Other'));
  const narrow = draw(BRANCHES, 22);
  assert.ok(lineWith(narrow, 'One') < lineWith(narrow, 'Other'));
  assert.match(narrow, /┌/);
  assert.equal(
    draw(BRANCHES, 12),
    ['Start → Both', 'Both:', 'Parallel ·', 'end', '    ▷ One', '    One:', '    Pass ·', '    end'].join('\n') +
      ['', '    ▷ Other', '    Other:', '    Pass ·', '    end'].join('\n'),
  );
});

test('the way of an execution is marked, in words of its own where there are no colours', () => {
  const marks: GraphMarks = {
    statuses: new Map([
      ['Ask', 'waits'],
      ['Decide', 'left'],
    ]),
    taken: new Set([wayKey('Ask', 'Decide'), wayKey('Decide', 'Ask')]),
  };
  const text = graphText(
    parseStateGraph(JSON.stringify(ORDER)),
    marks,
    80,
    (colour) => (piece) => `<${colour}>${piece}`,
  );
  for (const shown of ['◌ Ask', '✓ Decide', '<yellow>', '<green>', '<dim>']) assert.ok(text.includes(shown), shown);
  assert.match(graphSvg(parseStateGraph(JSON.stringify(ORDER)), marks), /class="arrow taken"/);
  const mermaid = graphMermaid(parseStateGraph(JSON.stringify(ORDER)), marks);
  assert.match(mermaid, /^ {2}class s1 waits\n {2}class s2 left\n {2}linkStyle 0,1,4 /m);
});

test('Mermaid has a node for each state, and nothing in a name is taken for its markup', () => {
  const Weird = { Type: 'Pass', End: true };
  const name = 'x"]; click s1 "javascript:alert(1)" --> <b>';
  const mermaid = graphMermaid(parseStateGraph(JSON.stringify({ StartAt: name, States: { [name]: Weird } })), NO_MARKS);
  const [head, node, start, ...rest] = mermaid.split('\n');
  assert.deepEqual([head, start, rest], ['flowchart TD', '  start(("Start")) --> s1', []]);
  assert.match(node ?? '', /^ {2}s1\["[^"<>[\]]*(?:<br\/>)[^"<>[\]]*"\]$/);
  const drawn = graphMermaid(parseStateGraph(JSON.stringify(ORDER)), NO_MARKS);
  assert.match(drawn, /^ {2}s1 -\.->\|"on States\.Timeout"\| s4$/m);
  assert.match(drawn, /^ {2}s2 -->\|"otherwise"\| s1$/m);
});

test('an SVG is well-formed whatever a state is called', () => {
  const name = '<script>&"\u0000\uD800]]>';
  const svg = graphSvg(
    parseStateGraph(JSON.stringify({ StartAt: name, States: { [name]: { Type: 'Pass', End: true } } })),
    NO_MARKS,
  );
  assert.ok(!svg.includes('<script'));
  assert.ok(svg.includes('&lt;script&gt;&amp;&quot;\uFFFD\uFFFD]]&gt;'));
  const open: string[] = [];
  for (const [, end, tag = '', empty] of svg.matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>/g)) {
    if (end === '/') assert.equal(open.pop(), tag);
    else if (empty === '') open.push(tag);
  }
  assert.deepEqual(open, []);
});

test('a name that holds control sequences shows them, and does not carry them out', () => {
  const name = 'Clear\u001B[2J';
  const Choices = [{ Comment: '\u001B]0;title\u0007', Next: name }];
  const definition = { StartAt: 'A', States: { A: { Type: 'Choice', Choices }, [name]: { Type: 'Succeed' } } };
  for (const width of [80, 8])
    for (const control of ['\u001B', '\u0007']) assert.ok(!draw(definition, width).includes(control));
  assert.match(draw(definition, 80), /Clear\\u001b\[2J/);
});

for (const [definition, said] of [
  ['{', 'no JSON'],
  ['{"StartAt":"A"}', 'no States'],
  ['[]', 'no States'],
] as const) {
  test(`${definition} is refused, with where to ask`, () => {
    assert.throws(() => parseStateGraph(definition), {
      message: new RegExp(said),
      exitCode: 2,
      nextStep: /machines validate/,
    });
  });
}

test('rules read as one would say them', () => {
  const rules = [
    [{ Variable: '$.a', NumericGreaterThanEquals: 3 }, '$.a ≥ 3'],
    [{ Variable: '$.a', StringEqualsPath: '$.b' }, '$.a = $.b'],
    [{ Variable: '$.a', IsPresent: false }, '$.a is not present'],
    [{ Not: { Variable: '$.a', StringMatches: 'x*' } }, 'not ($.a matches "x*")'],
    [{ And: [{ Variable: '$.a', IsNull: true }, { Or: [] }] }, '$.a is null and '],
    [{ Condition: '{% $states.input.ok %}' }, '$states.input.ok'],
    [{ Comment: 'all is well', Condition: '{% true %}' }, 'all is well'],
  ] as const;
  const Choices = rules.map(([rule], index) => ({ ...rule, Next: `S${index}` }));
  const targets = rules.map((_, index) => [`S${index}`, { Type: 'Succeed' }]);
  const graph = parseStateGraph(
    JSON.stringify({ StartAt: 'C', States: { C: { Type: 'Choice', Choices }, ...Object.fromEntries(targets) } }),
  );
  assert.deepEqual(
    graph.transitions.map(({ label }) => label),
    rules.map(([, label]) => label),
  );
});

const names = [
  'constructor',
  '__proto__',
  'Wait for it',
  '注文を確認',
  'e',
  'Complete-The-Order-With-A-Long-Name',
  'z9',
];

/** Any states that lead to any others, in circles, too. */
const anyDefinition = fc
  .record({
    count: fc.integer({ min: 1, max: names.length }),
    leads: fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 16 }),
  })
  .map(({ count, leads }) => {
    const used = names.slice(0, count);
    const states = used.map((name, index): [string, object] => {
      const targets = leads.filter(([from]) => from % count === index).map(([, to]) => used[to % count]);
      const Choices = targets.map((Next) => ({ Variable: '$', IsNull: true, Next }));
      return [name, Choices.length === 0 ? { Type: 'Succeed' } : { Type: 'Choice', Choices }];
    });
    return JSON.stringify({ StartAt: used[0], States: Object.fromEntries(states) });
  });

test('whatever leads where, nothing is wider than the terminal, and every state and arrow is there', () => {
  fc.assert(
    fc.property(anyDefinition, fc.integer({ min: 30, max: 200 }), (definition, width) => {
      const graph = parseStateGraph(definition);
      const text = graphText(graph, NO_MARKS, width, plain);
      for (const line of text.split('\n')) assert.ok(textWidth(line) <= width, line);
      const whole = graphText(graph, NO_MARKS, Number.POSITIVE_INFINITY, plain);
      for (const { name } of graph.states) assert.ok(whole.includes(name), name);
      const arrows = arrowsOf(graph).filter(({ from, to }) => from !== to).length + 1;
      assert.equal(whole.match(/[▼▲]/g)?.length, arrows, whole);
    }),
    { numRuns: 60 },
  );
});
