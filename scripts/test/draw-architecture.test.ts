import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { drawArchitecture } from '../draw-architecture.ts';

const drawing = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'architecture.svg'), 'utf8');

test('docs/architecture.svg is what scripts/draw-architecture.ts draws', () => {
  assert.equal(drawing, drawArchitecture(), 'draw it anew: node scripts/run.mjs scripts/draw-architecture.ts');
});

test('the drawing shows all thirteen steps, and tells them to who cannot see it', () => {
  const numbers = [...drawing.matchAll(/class="number"[^>]*>(\d+)</g)].map(([, number]) => Number(number));
  const description = /<desc[^>]*>([^<]*)</.exec(drawing)?.[1] ?? '';
  for (let number = 1; number <= 13; number += 1) {
    assert.ok(numbers.includes(number), `step ${number} is drawn`);
    assert.match(description, new RegExp(`(^|\\s)${number} `), `step ${number} is told`);
  }
});

test('the drawing needs nothing from elsewhere', () => {
  assert.doesNotMatch(drawing, /(?:href|src|url)\s*[=(]\s*["']?(?!#)|@import|<script/);
});
