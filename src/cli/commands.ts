import { version } from '../health/version.ts';
import type { Command } from './command.ts';

/** Every command; each is loaded only when it is used. */
export const commands: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import('./run.ts')).run,
  demo: async () => (await import('./demo.ts')).demo,
  check: async () => (await import('./check.ts')).check,
  status: async () => (await import('./status.ts')).status,
  watch: async () => (await import('./watch.ts')).watch,
  tail: async () => (await import('./tail.ts')).tail,
  history: async () => (await import('./history.ts')).history,
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
};

/** What `dorpel` says without a command, or with one that there is not: the exit code. */
export async function help(name: string, { stdout, stderr }: Pick<NodeJS.Process, 'stdout' | 'stderr'>) {
  const lines = await Promise.all(
    Object.entries(commands).map(async ([command, load]) => `  ${command.padEnd(7)} ${(await load()).summary}`),
  );
  const text = `Dorpel ${version()}: measures, keeps, tells.\n\n${lines.join('\n')}\n\ndorpel COMMAND --help says how.\n`;
  const isAsked = name === 'help' || name === '--help' || name === '-h';
  if (name === '--version') stdout.write(`${version()}\n`);
  else if (isAsked) stdout.write(text);
  else stderr.write(`there is no command called ${name}\n\n${text}`);
  return isAsked || name === '--version' ? 0 : 2;
}
