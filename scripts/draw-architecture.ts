// Draws docs/architecture.svg: how an order travels, in thirteen steps.
//   node scripts/run.mjs scripts/draw-architecture.ts
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface Point {
  x: number;
  y: number;
}

interface Box extends Point {
  width: number;
  height: number;
}

const page: Box = { x: 0, y: 0, width: 960, height: 648 };
const deployed: Box = { x: 206, y: 20, width: 744, height: 608 };

/** The columns from left to right. The gaps between them hold the arrows and their words. */
const user = columnAt(16, 92);
const api = columnAt(222, 180);
const workflow = columnAt(502, 168);
const functions = columnAt(768, 152);
const store: Box = { x: 768, y: 544, width: 132, height: 66 };

const orderRoute = cardIn(api, 146, 112);
const confirmationRoute = cardIn(api, 322, 150);
const processOrder = cardIn(workflow, 146, 56);
const waitForConfirmation = cardIn(workflow, 258, 104);
const completeOrder = cardIn(workflow, 420, 56);
const processOrderFunction = cardIn(functions, 146, 56);
const storeTaskTokenFunction = cardIn(functions, 266, 56);
const completeOrderFunction = cardIn(functions, 420, 56);

const DESCRIPTION = `1 The user sends an order to the orders API. 2 The API validates it, 3 starts an execution in Step Functions and
4 answers that the order is accepted. 5 Process order runs its function. 6 Wait for confirmation pauses the execution and
gives the task token to the function storeTaskToken, 7 which writes it to the token store in S3. 8 The user sends the
confirmation. 9 The API validates it, 10 keeps the decision, reads the token and sends task success. 11 The execution
resumes. 12 The API answers with a receipt. 13 Complete order runs its function.`;

/** The picture as SVG text; the same at every call. */
export function drawArchitecture(): string {
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${page.width} ${page.height}" role="img" aria-labelledby="title description">`,
    '<title id="title">How an order travels</title>',
    `<desc id="description">${DESCRIPTION}</desc>`,
    `<style>${STYLE}</style>`,
    '<defs><marker id="head" viewBox="0 0 8 8" refX="7.4" refY="4" markerWidth="7.5" markerHeight="7.5" orient="auto"><path class="head" d="M0 0 8 4 0 8Z"/></marker></defs>',
    rectangle({ x: 0.5, y: 0.5, width: page.width - 1, height: page.height - 1 }, 'page', 12),
    rectangle(deployed, 'deployed', 12),
    words({ x: deployed.x + 22, y: 52 }, 'One CDK app, on AWS or on one machine', 'strong'),
    ...rooms(),
    ...orderArrives(),
    ...executionWaits(),
    ...confirmationArrives(),
    ...executionEnds(),
    '</svg>',
  ];
  return `${parts.join('\n')}\n`;
}

function rooms(): string[] {
  return [
    ...column(user, 'User', 'user'),
    words({ x: middle(user), y: 202 }, 'orders', 'centred quiet'),
    words({ x: middle(user), y: 410 }, 'confirms', 'centred quiet'),
    words({ x: middle(user), y: 427 }, 'or rejects', 'centred quiet'),
    ...column(api, 'Orders API', 'api'),
    ...card(orderRoute, ['POST /orders'], 'api code'),
    ...card(confirmationRoute, ['POST /orders/{id}', '/confirmation'], 'api code'),
    ...column(workflow, 'Step Functions', 'workflow'),
    ...card(processOrder, ['Process order'], 'workflow'),
    ...card(waitForConfirmation, ['Wait for', 'confirmation'], 'workflow waits'),
    ...card(completeOrder, ['Complete order'], 'workflow'),
    ...column(functions, 'Lambda', 'function'),
    ...card(processOrderFunction, ['processOrder'], 'function code'),
    ...card(storeTaskTokenFunction, ['storeTaskToken'], 'function code'),
    ...card(completeOrderFunction, ['completeOrder'], 'function code'),
    rectangle(store, 'column store', 10),
    words({ x: middle(store), y: store.y + 28 }, 'S3', 'centred heading store'),
    words({ x: middle(store), y: store.y + 49 }, 'token store', 'centred'),
  ];
}

function orderArrives(): string[] {
  const sentAt = centre(processOrder);
  const answeredAt = bottom(orderRoute) - 24;
  return [
    ...step(1, right(user), orderRoute.x, sentAt, 'order'),
    ...note(2, { x: orderRoute.x + 40, y: orderRoute.y + 70 }, 'validates'),
    ...step(3, right(orderRoute), processOrder.x, sentAt, 'starts'),
    ...step(4, orderRoute.x, right(user), answeredAt, 'accepted'),
    ...step(5, right(processOrder), processOrderFunction.x, sentAt, 'runs'),
    line(`M${middle(workflow)} ${bottom(processOrder)}V${waitForConfirmation.y}`),
  ];
}

function executionWaits(): string[] {
  const beside = right(functions) + 9;
  return [
    ...step(6, right(waitForConfirmation), storeTaskTokenFunction.x, centre(storeTaskTokenFunction), 'task token'),
    rectangle({ x: middle(workflow) - 34, y: bottom(waitForConfirmation) - 36, width: 68, height: 22 }, 'pill', 11),
    words({ x: middle(workflow), y: bottom(waitForConfirmation) - 21 }, 'paused', 'centred pill-words'),
    line(
      `M${right(storeTaskTokenFunction)} ${centre(storeTaskTokenFunction)}H${beside}V${centre(store)}H${right(store)}`,
    ),
    badge(7, { x: beside, y: 522 }),
    words({ x: beside - 18, y: 526 }, 'keeps the token', 'to-the-end'),
  ];
}

function confirmationArrives(): string[] {
  const sentAt = confirmationRoute.y + 66;
  const answeredAt = bottom(confirmationRoute) - 26;
  const succeedsAt = confirmationRoute.y + 18;
  const down = api.x + 40;
  return [
    ...step(8, right(user), confirmationRoute.x, sentAt, 'decision'),
    ...note(9, { x: confirmationRoute.x + 40, y: confirmationRoute.y + 84 }, 'validates'),
    ...step(10, right(confirmationRoute), waitForConfirmation.x, succeedsAt, 'task success'),
    line(`M${down} ${bottom(confirmationRoute)}V${centre(store)}H${store.x}`),
    badge(10, { x: middle({ ...store, x: down, width: store.x - down }) - 110, y: centre(store) }),
    words(
      { x: middle({ ...store, x: down, width: store.x - down }) - 92, y: centre(store) - 9 },
      'keeps the decision, reads the token',
      '',
    ),
    ...step(12, confirmationRoute.x, right(user), answeredAt, 'receipt'),
  ];
}

function executionEnds(): string[] {
  const resumesAt = (bottom(waitForConfirmation) + completeOrder.y) / 2 - 2;
  return [
    line(`M${middle(workflow)} ${bottom(waitForConfirmation)}V${completeOrder.y}`),
    badge(11, { x: middle(workflow), y: resumesAt }),
    words({ x: middle(workflow) + 17, y: resumesAt + 4 }, 'resumes', ''),
    ...step(13, right(completeOrder), completeOrderFunction.x, centre(completeOrder), 'runs'),
  ];
}

/** An arrow with its number on it and a word above. */
function step(number: number, from: number, to: number, y: number, what: string): string[] {
  const x = (from + to) / 2;
  // The number sits a little behind the middle, so that it stays clear of the arrow's head.
  return [
    line(`M${from} ${y}H${to}`),
    badge(number, { x: x - Math.sign(to - from) * 4, y }),
    words({ x, y: y - 17 }, what, 'centred'),
  ];
}

/** A step that happens inside a box. */
function note(number: number, at: Point, what: string): string[] {
  return [badge(number, at), words({ x: at.x + 17, y: at.y + 4 }, what, '')];
}

function column(box: Box, heading: string, kind: string): string[] {
  return [
    rectangle(box, `column ${kind}`, 10),
    words({ x: middle(box), y: box.y + 30 }, heading, `centred heading ${kind}`),
  ];
}

function card(box: Box, title: readonly string[], kind: string): string[] {
  const first = title.length === 1 && box.height < 60 ? centre(box) + 5 : box.y + 28;
  return [
    rectangle(box, `card ${kind.replace(' code', '')}`, 7),
    ...title.map((text, index) =>
      words({ x: middle(box), y: first + index * 18 }, text, `centred ${kind.includes('code') ? 'code' : 'name'}`),
    ),
  ];
}

function badge(number: number, { x, y }: Point): string {
  return `<circle class="badge" cx="${x}" cy="${y}" r="11"/><text class="number" x="${x}" y="${y + 4}">${number}</text>`;
}

function line(path: string): string {
  return `<path class="line" d="${path}" marker-end="url(#head)"/>`;
}

function rectangle({ x, y, width, height }: Box, kind: string, radius: number): string {
  return `<rect class="${kind}" x="${x}" y="${y}" width="${width}" height="${height}" rx="${radius}"/>`;
}

function words({ x, y }: Point, text: string, kind: string): string {
  return `<text${kind === '' ? '' : ` class="${kind}"`} x="${x}" y="${y}">${text}</text>`;
}

function columnAt(x: number, width: number): Box {
  return { x, y: 84, width, height: 420 };
}

function cardIn(column: Box, y: number, height: number): Box {
  const inset = 12;
  return { x: column.x + inset, y, width: column.width - 2 * inset, height };
}

function right(box: Box): number {
  return box.x + box.width;
}

function bottom(box: Box): number {
  return box.y + box.height;
}

function middle(box: Box): number {
  return box.x + box.width / 2;
}

function centre(box: Box): number {
  return box.y + box.height / 2;
}

interface Colours {
  page: string;
  edge: string;
  column: string;
  card: string;
  ink: string;
  quiet: string;
  user: string;
  api: string;
  workflow: string;
  function: string;
  store: string;
  wait: string;
  waitInk: string;
}

const light: Colours = {
  page: '#ffffff',
  edge: '#d5dae1',
  column: '#f5f7fa',
  card: '#ffffff',
  ink: '#1c2430',
  quiet: '#566273',
  user: '#43506a',
  api: '#6a3fc4',
  workflow: '#c01866',
  function: '#b0500a',
  store: '#35741f',
  wait: '#ffe3a3',
  waitInk: '#5c4100',
};

const dark: Colours = {
  page: '#0f141b',
  edge: '#323c4a',
  column: '#171e28',
  card: '#202a37',
  ink: '#e8edf4',
  quiet: '#a3b0c2',
  user: '#b4c3dc',
  api: '#b79cf7',
  workflow: '#f783b4',
  function: '#f5a05a',
  store: '#8ecf74',
  wait: '#5c4510',
  waitInk: '#ffe3a3',
};

/** The page is painted too: a reader's page may be dark where the reader's system is light. */
function coloured(colours: Colours): string {
  const kinds = (['user', 'api', 'workflow', 'function', 'store'] as const)
    .map((kind) => `.heading.${kind}{fill:${colours[kind]}}.card.${kind},.column.${kind}{stroke:${colours[kind]}}`)
    .join('');
  return [
    `text,.head,.badge{fill:${colours.ink}}`,
    `.page{fill:${colours.page};stroke:${colours.edge}}`,
    `.deployed{stroke:${colours.edge}}`,
    `.column{fill:${colours.column}}.card{fill:${colours.card}}`,
    `.line{stroke:${colours.ink}}`,
    `.number{fill:${colours.page}}.quiet{fill:${colours.quiet}}`,
    `.pill{fill:${colours.wait}}.pill-words{fill:${colours.waitInk}}`,
    kinds,
  ].join('');
}

const STYLE = [
  "text{font:13px system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif}",
  '.centred,.number{text-anchor:middle}.to-the-end{text-anchor:end}',
  '.strong,.heading{font-size:15px;font-weight:600}.name{font-size:14px;font-weight:500}',
  ".code{font:12.5px ui-monospace,SFMono-Regular,Menlo,Consolas,'Liberation Mono',monospace}",
  '.number{font-size:12px;font-weight:700}.pill-words{font-size:12.5px;font-weight:600}',
  '.deployed{fill:none;stroke-dasharray:5 5}.column{stroke-opacity:.35}.card{stroke-width:1.4}.waits{stroke-dasharray:5 4}',
  '.line{fill:none;stroke-width:1.6}',
  coloured(light),
  `@media (prefers-color-scheme:dark){${coloured(dark)}}`,
].join('');

if (import.meta.main) writeFileSync(join(import.meta.dirname, '..', 'docs', 'architecture.svg'), drawArchitecture());
