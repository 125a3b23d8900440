import type { OptionTable } from './command.ts';

/** The config file, of a command that does nothing without it. */
export const CONFIG = {
  config: { type: 'string', short: 'c', value: 'FILE', help: 'the config file' },
} as const satisfies OptionTable;

/** Of a command that reads a bus. */
export const SIMULATE = {
  simulate: { type: 'boolean', help: 'with simulated parts, on no bus' },
} as const satisfies OptionTable;

/** For a program. */
export const JSON_OUT = {
  json: { type: 'boolean', help: 'prints JSON, for a program' },
} as const satisfies OptionTable;

/** Exit codes of a command that asks the gateway that runs. */
export const ASKING_EXITS = { 0: 'answered', 1: 'no gateway answers, or it will not', 2: 'wrong usage or config' };
