import type { Command } from 'commander';
import { commandGroup } from './command.ts';
import { engine } from './commands/engine.ts';
import { executionsHistory } from './commands/executions-history.ts';
import { executionsList } from './commands/executions-list.ts';
import { login } from './commands/login.ts';
import { logout } from './commands/logout.ts';
import { ordersConfirm } from './commands/orders-confirm.ts';
import { ordersDeadline } from './commands/orders-deadline.ts';
import { ordersList } from './commands/orders-list.ts';
import { ordersReassign } from './commands/orders-reassign.ts';
import { ordersReceipt } from './commands/orders-receipt.ts';
import { ordersReject } from './commands/orders-reject.ts';
import { ordersShow } from './commands/orders-show.ts';
import { ordersSubmit } from './commands/orders-submit.ts';
import { ordersUndo } from './commands/orders-undo.ts';
import { ordersVerify } from './commands/orders-verify.ts';
import { ordersWatch } from './commands/orders-watch.ts';
import { ordersWithdraw } from './commands/orders-withdraw.ts';
import { start } from './commands/start.ts';
import { timeAdvance } from './commands/time-advance.ts';
import { timeShow } from './commands/time-show.ts';
import { token } from './commands/token.ts';
import { whoami } from './commands/whoami.ts';
import { packageVersion } from './repository.ts';

export function createProgram(): Command {
  const program = commandGroup(
    'countersign',
    'Pause a workflow until somebody confirms. Resume it safely.',
    [
      'countersign start',
      'countersign orders submit "two crates of apples" --id apples-1',
      'countersign orders confirm apples-1',
      'countersign executions list',
    ],
    [start(), engine(), login(), logout(), whoami(), token(), orders(), executions(), time()],
  );
  return program.version(packageVersion(), '-v, --version', 'show the version');
}

function orders(): Command {
  return commandGroup(
    'countersign orders',
    'Submit, see and decide orders.',
    [
      'countersign orders submit "two crates of apples" --id apples-1',
      'countersign orders list',
      'countersign orders confirm apples-1',
    ],
    [
      ordersSubmit(),
      ordersList(),
      ordersShow(),
      ordersWatch(),
      ordersConfirm(),
      ordersReject(),
      ordersUndo(),
      ordersWithdraw(),
      ordersReassign(),
      ordersDeadline(),
      ordersReceipt(),
      ordersVerify(),
    ],
  );
}

function executions(): Command {
  return commandGroup(
    'countersign executions',
    'See what the workflows did, here or on AWS.',
    [
      'countersign executions list',
      'countersign executions history apples-1',
      'countersign executions list --endpoint aws',
    ],
    [executionsList(), executionsHistory()],
  );
}

function time(): Command {
  return commandGroup(
    'countersign time',
    'Let days pass in a moment, where `countersign start --time-travel` runs.',
    ['countersign time show', 'countersign time advance 3d'],
    [timeShow(), timeAdvance()],
  );
}
