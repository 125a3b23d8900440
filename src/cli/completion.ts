import { parsed } from './arguments.ts';
import { type Command, type CommandText, UsageError } from './command.ts';

export const completion: Command = {
  summary: 'Prints what makes a shell complete the commands and their options.',
  usage: 'dorpel completion bash',
  options: {},
  notes: `For every shell from now on, as root:
dorpel completion bash > /usr/share/bash-completion/completions/dorpel`,
  example: 'eval "$(dorpel completion bash)"',
  exitCodes: { 0: 'printed', 2: 'wrong usage' },
  async run(args, { stdout }) {
    const { positionals } = parsed(args, {});
    if (positionals.join() !== 'bash') throw new UsageError('for which shell? bash is the one that is known');
    const { allCommands } = await import('./commands.ts');
    stdout.write(bashCompletion(await allCommands()));
    return 0;
  },
};

/** A script for bash: the commands, their options, and the names of files for everything else. */
export function bashCompletion(commands: readonly (readonly [name: string, text: CommandText])[]): string {
  const names = commands.map(([name]) => name);
  const cases = commands.map(([name, { options = {} }]) => {
    const words = [...Object.keys(options), 'help'].map((option) => `--${option}`);
    return `    ${name}) options='${words.join(' ')}' ;;`;
  });
  return `# bash completion for dorpel, made by: dorpel completion bash
_dorpel() {
  local word=\${COMP_WORDS[COMP_CWORD]} options=
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    mapfile -t COMPREPLY < <(compgen -W '${[...names, 'help', '--version'].join(' ')}' -- "$word")
    return
  fi
  case \${COMP_WORDS[1]} in
${cases.join('\n')}
  esac
  # Anything but an option is a file, or a name that only the gateway knows.
  [[ $word != -* ]] || mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
}
complete -o default -F _dorpel dorpel
`;
}
