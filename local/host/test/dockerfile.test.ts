import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { commandOn, layOutImage } from '../src/services/container-image.ts';
import { parseDockerfile, type DockerfileOptions } from '../src/services/dockerfile.ts';
import { freshPath } from './assembly-files.ts';

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

test('an image of a last stage that copies is read with all that decides how it runs', () => {
  const recipe = parseDockerfile(`
# syntax=docker/dockerfile:1
ARG NODE=24
FROM node:\${NODE} AS build
RUN npm ci && npm run build
FROM scratch AS files
COPY dist /dist
FROM node:\${NODE}-slim
LABEL a=b c=d
ARG STAGE=prod
ENV STAGE=\${STAGE} GREETING="good day" PATH=/app/bin:$PATH
ENV OLD the old form
WORKDIR /srv
WORKDIR app
COPY --from=files --chown=node:node /dist ./dist/
COPY ["a file.txt", \\
  # between two lines
  "b.txt", "./"]
EXPOSE 80
USER node
STOPSIGNAL SIGINT
ENTRYPOINT ["node", \\
  "dist/main.mjs"]
CMD ["--loud"]
HEALTHCHECK CMD true
`);
  assert.deepEqual(
    {
      ...recipe,
      copies: recipe.copies.map(({ sources, destination, intoFolder }) => [sources, destination, intoFolder]),
    },
    {
      workdir: '/srv/app',
      entrypoint: ['node', 'dist/main.mjs'],
      command: ['--loud'],
      environment: { STAGE: 'prod', GREETING: 'good day', PATH: `/app/bin:${PATH}`, OLD: 'the old form' },
      stopSignal: 'SIGINT',
      copies: [
        [['/dist'], '/srv/app/dist', true],
        [['a file.txt', 'b.txt'], '/srv/app', true],
      ],
    },
  );
});

test('a stage goes on where the one it is made of ended, and its entry point leaves no command of that one', () => {
  const text = `
FROM node:24 AS base
WORKDIR /app
ENV A=1
CMD ["node", "base.mjs"]
FROM base AS one
ENTRYPOINT ["node", "one.mjs"]
FROM base
ENV B=\${A}2`;
  const last = parseDockerfile(text);
  assert.deepEqual([last.workdir, last.command, last.environment], ['/app', ['node', 'base.mjs'], { A: '1', B: '12' }]);
  const one = parseDockerfile(text, { target: 'ONE' });
  assert.deepEqual([one.entrypoint, one.command], [['node', 'one.mjs'], []]);
  const distroless = parseDockerfile('FROM gcr.io/distroless/nodejs24-debian12\nCMD ["main.mjs"]');
  assert.deepEqual([distroless.entrypoint, distroless.command], [['/nodejs/bin/node'], ['main.mjs']]);
  const given = parseDockerfile('FROM node\nARG A=1\nENV B=${A:-2} C=${X:-3} D=${A:+4} E=\\$A', {
    buildArguments: { A: '5' },
  });
  assert.deepEqual(given.environment, { B: '5', C: '3', D: '4', E: '$A' });
});

describe('what would need Docker is refused by its line', () => {
  const cases: [string, string, string | RegExp, DockerfileOptions?][] = [
    ['a command of the build', 'FROM node\n\nRUN npm ci', 'line 3 (RUN npm ci): RUN cannot be done without Docker'],
    [
      'an entry point for a shell',
      'FROM node\nENTRYPOINT node main.mjs',
      /^line 2 \(ENTRYPOINT node main\.mjs\): ENTRYPOINT is for a shell/v,
    ],
    ['a command for a shell', 'FROM node\nCMD node main.mjs', /^line 2 .*CMD is for a shell/v],
    ['a list that is none', "FROM node\nCMD ['node']", /^line 2 .*CMD is for a shell/v],
    [
      'a copy from a stage that is built',
      'FROM node AS build\nRUN make\nFROM node\nCOPY --from=build /out /app',
      /^line 4 .*the stage "build" is not made of copies alone: line 2 \(RUN make\)/v,
    ],
    ['a copy from an image', 'FROM node\nCOPY --from=busybox /bin /bin', /^line 2 .*the image "busybox" is not here/v],
    ['a copy from itself', 'FROM node AS one\nCOPY --from=one /a /b', /^line 2 .*the image "one" is not here/v],
    ['a file of the internet', 'FROM node\nADD https://example.org/a /a', /^line 2 .*only files of the context/v],
    ['an archive', 'FROM node\nADD a.tar.gz /a', /^line 2 .*only files of the context/v],
    ['a here-document', 'FROM node\nCOPY <<EOF /a\nEOF', /^line 2 .*here-document/v],
    ['a flag of copies', 'FROM node\nCOPY --parents a/b /c', /^line 2 .*--parents/v],
    ['a signal that is none', 'FROM node\nSTOPSIGNAL SIGNAL', /^line 2 .*the signal is one of/v],
    ['an instruction before FROM', 'ENV A=1\nFROM node', /^line 1 .*begins with FROM/v],
    ['nothing', '# only a comment', 'it has no FROM'],
    ['a target that is not there', 'FROM node', 'it has no stage "x"', { target: 'x' }],
    ['a shell', 'FROM node\nSHELL ["bash"]', /^line 2 .*SHELL cannot be done/v],
  ];
  for (const [what, text, message, options] of cases) {
    test(what, () => assert.throws(() => parseDockerfile(text, options), { name: 'UnsupportedDockerfile', message }));
  }
});

/** A folder of files by their names; what begins with `-> ` is a link. */
function context(files: Readonly<Record<string, string>>): string {
  const dir = freshPath();
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    if (content.startsWith('-> ')) symlinkSync(content.slice(3), join(dir, name));
    else writeFileSync(join(dir, name), content);
  }
  return dir;
}

function laidOut(files: Readonly<Record<string, string>>) {
  const { root, recipe } = layOutImage({ directory: context(files) }, freshPath());
  return { root, recipe, read: (path: string) => readFileSync(join(root, path), 'utf8') };
}

test('files lie where the container would have them', () => {
  const { root, read } = laidOut({
    Dockerfile: `
FROM scratch AS files
COPY src/*.js /out/
COPY src/lib /out/lib
FROM node
WORKDIR /app
COPY --from=files /out .
COPY [ab].txt notes/
COPY a.txt renamed.txt`,
    'src/one.js': '1',
    'src/two.js': '2',
    'src/three.ts': '3',
    'src/lib/deep/four.js': '4',
    'src/lib/link.js': '-> deep/four.js',
    'a.txt': 'a',
    'b.txt': 'b',
    'c.txt': 'c',
  });
  assert.deepEqual(
    [
      'app/one.js',
      'app/two.js',
      'app/lib/deep/four.js',
      'app/lib/link.js',
      'app/notes/a.txt',
      'app/notes/b.txt',
      'app/renamed.txt',
    ].map(read),
    ['1', '2', '4', '4', 'a', 'b', 'a'],
  );
  assert.equal(readlinkSync(join(root, 'app/lib/link.js')), 'deep/four.js');
  assert.throws(() => read('app/three.ts'), { code: 'ENOENT' });
  assert.throws(() => read('app/notes/c.txt'), { code: 'ENOENT' });
});

describe('no image reaches out of its folder', () => {
  const outside = context({ secret: 'of this machine' });
  const OUT = /leads out of what the image is built from/v;
  const cases: [string, Record<string, string>, RegExp][] = [
    ['by ..', { Dockerfile: 'FROM node\nCOPY ../secret /a' }, /^line 2: "\.\.\/secret" lies outside/v],
    ['by .. further in', { Dockerfile: 'FROM node\nCOPY a/../../secret /a', 'a/b': '' }, /lies outside/v],
    ['by a link to a file', { Dockerfile: 'FROM node\nCOPY link /a', link: `-> ${outside}/secret` }, OUT],
    ['by a link in a folder', { Dockerfile: 'FROM node\nCOPY a /a', 'a/link': `-> ${outside}/secret` }, OUT],
    ['by a link to a folder', { Dockerfile: 'FROM node\nCOPY link/secret /a', link: `-> ${outside}` }, OUT],
    ['by a pattern through a link', { Dockerfile: 'FROM node\nCOPY link/* /a', link: `-> ${outside}` }, OUT],
    ['by a relative link', { Dockerfile: 'FROM node\nCOPY link /a', link: '-> ../../../../../../etc/passwd' }, OUT],
    ['by a link that leads nowhere', { Dockerfile: 'FROM node\nCOPY link /a', link: '-> nowhere' }, OUT],
    ['what is not there', { Dockerfile: 'FROM node\nCOPY none /a' }, /^line 2: there is no "none" to copy/v],
  ];
  for (const [what, files, message] of cases) {
    test(what, () => assert.throws(() => laidOut(files), { name: 'UnsupportedDockerfile', message }));
  }

  test('a target stays within it', () => {
    const { read } = laidOut({ Dockerfile: 'FROM node\nWORKDIR /app\nCOPY a ../../../../b', a: 'a' });
    assert.equal(read('b'), 'a');
  });

  test('a file replaces a link and does not follow it', () => {
    const files = { 'one/a': '-> b', 'one/b': 'b', 'two/a': 'a' };
    const { read } = laidOut({ Dockerfile: 'FROM node\nCOPY one /x\nCOPY two /x', ...files });
    assert.deepEqual([read('x/a'), read('x/b')], ['a', 'b']);
  });
});

describe('what a container begins is found on this machine', () => {
  const files = {
    Dockerfile:
      'FROM node\nWORKDIR /app\nCOPY . .\nENTRYPOINT ["node", "/app/main.mjs"]\nCMD ["/app/data.json", "/etc/passwd"]',
    'main.mjs': '',
    'data.json': '{}',
    run: '#!/usr/bin/env node\n',
    'run.sh': '#!/bin/sh\n',
  };
  const { root, recipe } = laidOut(files);
  const begun = (container: Parameters<typeof commandOn>[2]) => {
    const { program, arguments: words, workdir } = commandOn(root, recipe, container);
    assert.equal(program, process.execPath);
    return [...words.map((word) => word.replace(root, '<root>')), workdir.replace(root, '<root>')];
  };

  test('node is this one, and a path of the image is where it lies', () => {
    assert.deepEqual(begun({}), ['<root>/app/main.mjs', '<root>/app/data.json', '/etc/passwd', '<root>/app']);
    assert.deepEqual(begun({ command: ['x'] }), ['<root>/app/main.mjs', 'x', '<root>/app']);
    assert.deepEqual(begun({ entryPoint: ['/usr/local/bin/node', 'a'], workingDirectory: '/' }), ['a', '<root>/']);
    assert.deepEqual(begun({ entryPoint: ['tini', '--', 'node', 'a'] }), ['a', '<root>/app']);
    assert.deepEqual(begun({ entryPoint: ['./run'], command: ['b'] }), ['<root>/app/run', 'b', '<root>/app']);
  });

  test('another program is refused', () => {
    for (const program of ['python3', './run.sh', './none', 'sh']) {
      assert.throws(() => commandOn(root, recipe, { entryPoint: [program] }), {
        name: 'CannotStart',
        message: `exec: "${program}": only node runs here without Docker; start with --docker to run any other program`,
      });
    }
    assert.throws(() => commandOn(root, recipe, { entryPoint: [] }), { message: 'no command specified' });
  });
});
