import { copyFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { ask, ControlError, change } from '../control/client.ts';
import { PATHS, type Told, type Trialled } from '../control/control.ts';
import { ASKING, ASKING_USAGE, askingAlso } from './asking.ts';
import type { Command, OptionTable } from './command.ts';
import { ASKING_EXITS } from './options.ts';
import { told } from './told.ts';

const OWN = {
  force: { type: 'boolean', help: 'keeps it though a platform that was connected before is not' },
} as const satisfies OptionTable;

export const confirm: Command = {
  summary: 'Keeps the config that is on trial, and writes it into the config file.',
  usage: `dorpel confirm [--force] ${ASKING_USAGE}`,
  options: { ...OWN, ...ASKING },
  example: 'dorpel confirm',
  exitCodes: {
    ...ASKING_EXITS,
    0: 'kept and written',
    1: 'nothing is on trial, a platform is away, or no gateway answers',
  },
  async run(args, context) {
    const { socket, isJson, values } = await askingAlso(args, OWN, context);
    const trial = await ask<Trialled | null>(socket, PATHS.trial);
    if (trial === null) return told({ isDone: false, lines: ['nothing is on trial'] }, isJson, context);
    if (trial.lost.length > 0 && !values.force) {
      const lines = [
        `not connected any more: ${trial.lost.join(', ')}`,
        'wait for it, or keep the config with --force',
      ];
      return told({ isDone: false, lines }, isJson, context);
    }
    // First the file: what stands there is what the next start goes by.
    const before = putInPlace(trial);
    const answer = await change<Told>(socket, PATHS.confirm);
    return told(
      { ...answer, lines: [...answer.lines, `${trial.file} is written; before: ${before}`] },
      isJson,
      context,
    );
  },
};

/** Writes the file whole or not at all; gives where the one of before is kept. */
function putInPlace({ file, text }: Trialled): string {
  const [next, before] = [`${file}.next`, `${file}.before`];
  try {
    writeFileSync(next, text, { mode: statSync(file).mode, flush: true });
    copyFileSync(file, before);
    renameSync(next, file);
    return before;
  } catch (cause) {
    const hint = 'use sudo; the config stays on trial meanwhile';
    throw new ControlError(`${file} cannot be written: ${(cause as Error).message}`, hint, { cause });
  }
}
