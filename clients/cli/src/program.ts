import type { Command } from 'commander';
import { commandGroup } from './command.ts';
import { backup } from './commands/backup.ts';
import { complete } from './commands/complete.ts';
import { completion } from './commands/completion.ts';
import { doctor } from './commands/doctor.ts';
import { engine } from './commands/engine.ts';
import { executionsHistory } from './commands/executions-history.ts';
import { executionsList } from './commands/executions-list.ts';
import { executionsRedrive } from './commands/executions-redrive.ts';
import { executionsShow } from './commands/executions-show.ts';
import { executionsStart } from './commands/executions-start.ts';
import { executionsStop } from './commands/executions-stop.ts';
import { executionsWatch } from './commands/executions-watch.ts';
import { login } from './commands/login.ts';
import { logout } from './commands/logout.ts';
import { machinesGraph } from './commands/machines-graph.ts';
import { machinesList } from './commands/machines-list.ts';
import { machinesShow } from './commands/machines-show.ts';
import { machinesValidate } from './commands/machines-validate.ts';
import { ordersConfirm } from './commands/orders-confirm.ts';
import { ordersDeadline } from './commands/orders-deadline.ts';
import { ordersLink } from './commands/orders-link.ts';
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
import { restore } from './commands/restore.ts';
import { start } from './commands/start.ts';
import { tasksFail } from './commands/tasks-fail.ts';
import { tasksHeartbeat } from './commands/tasks-heartbeat.ts';
import { tasksList } from './commands/tasks-list.ts';
import { tasksSucceed } from './commands/tasks-succeed.ts';
import { timeAdvance } from './commands/time-advance.ts';
import { timeShow } from './commands/time-show.ts';
import { token } from './commands/token.ts';
import { whoami } from './commands/whoami.ts';
import { packageVersion } from './repository.ts';
import { trustAuthorities } from './trust.ts';

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
    [
      start(),
      engine(),
      doctor(),
      backup(),
      restore(),
      login(),
      logout(),
      whoami(),
      token(),
      orders(),
      executions(),
      machines(),
      tasks(),
      time(),
      completion(),
    ],
  );
  return program
    .addCommand(complete(createProgram), { hidden: true })
    .version(packageVersion(), '-v, --version', 'show the version')
    .hook('preAction', (_program, action) => {
      const { ca } = action.opts<{ ca?: string }>();
      if (ca !== undefined) trustAuthorities(ca);
    });
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
      ordersLink(),
      ordersReceipt(),
      ordersVerify(),
    ],
  );
}

function executions(): Command {
  return commandGroup(
    'countersign executions',
    'Start, see and stop what workflows do, here or on AWS.',
    [
      'countersign executions list',
      'countersign executions watch apples-1',
      'countersign executions history apples-1',
      'countersign executions list --endpoint aws',
    ],
    [
      executionsStart(),
      executionsList(),
      executionsShow(),
      executionsWatch(),
      executionsHistory(),
      executionsStop(),
      executionsRedrive(),
    ],
  );
}

function machines(): Command {
  return commandGroup(
    'countersign machines',
    'See, draw and check state machines, here or on AWS.',
    ['countersign machines list', 'countersign machines graph ORDERS', 'countersign machines validate ./flow.asl.json'],
    [machinesList(), machinesShow(), machinesGraph(), machinesValidate()],
  );
}

function tasks(): Command {
  return commandGroup(
    'countersign tasks',
    'See and answer the tasks that wait.',
    ['countersign tasks list', `countersign tasks succeed TASK --output '{"approved":true}'`],
    [tasksList(), tasksSucceed(), tasksFail(), tasksHeartbeat()],
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
