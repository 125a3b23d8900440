import { readFileSync, writeFileSync } from 'node:fs';
import { type Bundle, bundled } from '../bundle/bundle.ts';
import { ask, ControlError } from '../control/client.ts';
import { PATHS } from '../control/control.ts';
import { thisBoard } from '../doctor/board.ts';
import { factsText } from '../doctor/versions.ts';
import { version } from '../health/version.ts';
import { parsed } from './arguments.ts';
import { ASKING } from './asking.ts';
import { type CheckedUp, checkUp } from './check-up.ts';
import { type Command, type OptionTable, UsageError } from './command.ts';
import { shownBytes } from './shown-value.ts';

const OPTIONS = {
  out: { type: 'string', value: 'FILE', help: 'where to write; else dorpel-GATEWAY-TIME.tar.gz' },
  config: ASKING.config,
  socket: ASKING.socket,
  json: ASKING.json,
} as const satisfies OptionTable;

export const bundle: Command = {
  summary: 'Writes an archive for whoever helps you: how it is, logs, config; no secrets.',
  usage: 'dorpel bundle [--out FILE] [--json] [--config FILE | --socket PATH]',
  options: OPTIONS,
  notes: `It holds what doctor finds, the status, the last lines of the log and of the
journal, facts of the board, and the config without comments and secrets. The
names and places of your devices are in it: look before you send it.`,
  example: 'sudo dorpel bundle --out bundle.tar.gz',
  exitCodes: { 0: 'written', 2: 'wrong usage, or it cannot be written' },
  async run(args, context) {
    const { values } = parsed(args, OPTIONS);
    const checked = await checkUp(values, context);
    const now = context.now();
    const made = await bundled({
      ...checked,
      text: checked.file === undefined ? undefined : textOf(checked.file),
      environment: process.env,
      log: checked.status && (await recentLog(checked)),
      facts: factsText(version(), process.version, thisBoard),
      board: thisBoard,
      now,
    });
    const file = values.out ?? nameFor(checked, now);
    write(file, made.archive);
    context.stdout.write(values.json ? `${JSON.stringify({ file })}\n` : `${file}\n`);
    context.stderr.write(contentsText(made));
    return 0;
  },
};

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined; // the doctor has said so
  }
}

/** A gateway of an earlier release does not know the question. */
async function recentLog({ socket }: CheckedUp): Promise<readonly string[] | undefined> {
  try {
    return await ask<readonly string[]>(socket, PATHS.log);
  } catch (cause) {
    if (!(cause instanceof ControlError)) throw cause;
    return undefined;
  }
}

function nameFor({ status, config }: CheckedUp, now: number): string {
  const id = status?.gateway.id ?? config?.gateway.id ?? 'gateway';
  return `dorpel-${id}-${new Date(now).toISOString().replaceAll(/[-:]|\..*/g, '')}.tar.gz`;
}

function write(file: string, archive: Buffer): void {
  try {
    // For its owner's eyes, and never over another.
    writeFileSync(file, archive, { flag: 'wx', mode: 0o600 });
  } catch (cause) {
    throw new UsageError(`${file} cannot be written: ${(cause as Error).message}; --out names another`);
  }
}

function contentsText({ members, unread }: Bundle): string {
  const lines = members.map(({ name, content }) => `  ${name} (${shownBytes(Buffer.byteLength(content))})`);
  const warnings = unread.map((file) => `${file} may not be read: whether a log holds it could not be looked for\n`);
  const about = 'in it, without secrets, but with the names and places of your devices:';
  return `${about}\n${lines.join('\n')}\n${warnings.join('')}`;
}
