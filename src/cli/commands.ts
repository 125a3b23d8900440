import { version } from '../health/version.ts';
import type { Command, CommandText } from './command.ts';
import { twoColumns } from './help-text.ts';

/** Every command; each is loaded only when it is used. */
export const commands: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import('./run.ts')).run,
  demo: async () => (await import('./demo.ts')).demo,
  check: async () => (await import('./check.ts')).check,
  status: async () => (await import('./status.ts')).status,
  watch: async () => (await import('./watch.ts')).watch,
  tail: async () => (await import('./tail.ts')).tail,
  history: async () => (await import('./history.ts')).history,
  doctor: async () => (await import('./doctor.ts')).doctor,
  bundle: async () => (await import('./bundle.ts')).bundle,
  queue: async () => (await import('./queue.ts')).queue,
  explain: async () => (await import('./explain.ts')).explain,
  reload: async () => (await import('./reload.ts')).reload,
  apply: async () => (await import('./apply.ts')).apply,
  confirm: async () => (await import('./confirm.ts')).confirm,
  scan: async () => (await import('./scan.ts')).scan,
  init: async () => (await import('./init.ts')).init,
  read: async () => (await import('./read.ts')).read,
  record: async () => (await import('./record.ts')).record,
  replay: async () => (await import('./replay.ts')).replay,
  verify: async () => (await import('./verify.ts')).verify,
  completion: async () => (await import('./completion.ts')).completion,
};

/** All of them, loaded, by their names. */
export async function allCommands(): Promise<(readonly [name: string, command: Command])[]> {
  return Promise.all(Object.entries(commands).map(async ([name, load]) => [name, await load()] as const));
}

/** The commands, with a line each. */
export function overview(release: string, all: readonly (readonly [name: string, command: CommandText])[]): string {
  const lines = twoColumns(all.map(([name, { summary }]) => [name, summary]));
  return `Dorpel ${release}: measures, keeps, tells.\n\n${lines.join('\n')}\n\ndorpel COMMAND --help says how.\n`;
}

/** What `dorpel` says without a command, or with one that there is not: the exit code. */
export async function help(name: string, { stdout, stderr }: Pick<NodeJS.Process, 'stdout' | 'stderr'>) {
  if (name === '--version') {
    stdout.write(`${version()}\n`);
    return 0;
  }
  const text = overview(version(), await allCommands());
  const isAsked = name === 'help' || name === '--help' || name === '-h';
  if (isAsked) stdout.write(text);
  else stderr.write(`there is no command called ${name}\n\n${text}`);
  return isAsked ? 0 : 2;
}
