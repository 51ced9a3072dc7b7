// A process full of connections of one key. Told `open`, each is opened; told `ask`, each asks for one execution after the other, without a
// pause when it is throttled; told `enough`, it says what the answers were. It is ready when all are open, and when the first was throttled.
import { apiClient, type Answers } from './load-client.ts';

export type FloodRequest = 'open' | 'ask' | 'enough';
export type FloodTold = { readonly ready: true } | { readonly answers: Answers; readonly seconds: number };

const [, , url = '', stateMachineArn = '', count = '1'] = process.argv;
const connections = Number(count);
const client = apiClient(url, 'GREEDY', connections);
const answers: Answers = {};
const floor = { isOver: false };
let asking: Promise<unknown> = Promise.resolve();
let beganMs = 0;

const each = (work: () => Promise<void>) => Promise.all(Array.from({ length: connections }, work));
const tell = (told: FloodTold) => process.send?.(told);

async function askAgainAndAgain(): Promise<void> {
  while (!floor.isOver) {
    const answer = await client.ask('StartExecution', { stateMachineArn, input: '{}' });
    answers[answer] = (answers[answer] ?? 0) + 1;
    if (answer === 'ThrottlingException' && answers[answer] === 1) tell({ ready: true });
  }
}

process.on('message', (request: FloodRequest) => {
  if (request === 'open') {
    void each(async () => void (await client.ask('ListStateMachines', {}))).then(() => tell({ ready: true }));
  } else if (request === 'ask') {
    beganMs = performance.now();
    asking = each(askAgainAndAgain);
  } else {
    floor.isOver = true;
    void asking.then(() => tell({ answers, seconds: (performance.now() - beganMs) / 1000 }));
  }
});
process.on('disconnect', () => process.exit());
