import { Argument, type Command } from 'commander';
import { command } from '../command.ts';
import { completionScripts, type Shell, SHELLS } from '../completion/scripts.ts';
import { print } from '../output.ts';

export function completion(): Command {
  return command('countersign completion', 'Print what makes a shell complete commands, options and names at Tab.', [
    'source <(countersign completion bash)                                     # in ~/.bashrc',
    'source <(countersign completion zsh)                                      # in ~/.zshrc',
    'countersign completion fish > ~/.config/fish/completions/countersign.fish',
  ])
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .action((shell: Shell) => print(completionScripts[shell]));
}
