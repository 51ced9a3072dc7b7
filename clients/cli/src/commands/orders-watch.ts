import type { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import { wholeNumber } from '../command.ts';
import { exitCode } from '../exit-code.ts';
import { ordersCommand, type OrdersOptions } from '../orders-options.ts';
import { poll } from '../poll.ts';
import { stopSignal } from '../stop-signal.ts';
import { watchOrder } from '../watch-order.ts';
import { watchPending } from '../watch-pending.ts';

interface WatchOptions extends OrdersOptions {
  interval: number;
  mine?: true;
}

export function ordersWatch(): Command {
  return ordersCommand('watch', 'Watch an order until it has ended; without an id, what waits, until Ctrl-C.', [
    'countersign orders watch apples-1',
    'countersign orders watch --mine',
    'countersign orders watch apples-1 --json | jq -r .status',
  ])
    .argument('[id]', "the order's id")
    .option('--mine', 'without an id: only those that you may answer now')
    .option(
      '--interval <seconds>',
      'ask so often; more rarely while nothing changes',
      wholeNumber('An interval', 1, 3600),
      2,
    )
    .action(watch);
}

async function watch(orderId: string | undefined, options: WatchOptions): Promise<void> {
  if (orderId !== undefined && options.mine) {
    throw new CliError(
      exitCode.usage,
      '--mine is about the list, and an id about one order.',
      'Leave one of them out.',
    );
  }
  const stop = stopSignal();
  const watched = { ...options, stop };
  const ask = orderId === undefined ? watchPending(watched) : watchOrder(orderId, watched);
  await poll({ intervalMs: options.interval * 1000, stop, ask });
}
