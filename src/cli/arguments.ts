import { type ParseArgsConfig, parseArgs } from 'node:util';
import { UsageError } from './command.ts';

/** Node's own parser, with its complaints as UsageErrors. */
export function parsed<const O extends NonNullable<ParseArgsConfig['options']>>(args: readonly string[], options: O) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (cause) {
    throw new UsageError((cause as Error).message);
  }
}

/** `--config FILE` is required. */
export function configFile(file: string | undefined): string {
  if (file === undefined) throw new UsageError('--config FILE is missing');
  return file;
}
