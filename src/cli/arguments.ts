import { type ParseArgsConfig, parseArgs } from 'node:util';
import type { DeviceConfig } from '../config/config.ts';
import { nearest } from '../config/nearest.ts';
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

/** The device that is called so. */
export function deviceCalled(name: string | undefined, devices: readonly DeviceConfig[]): DeviceConfig {
  const names = devices.map((device) => device.name);
  if (name === undefined) throw new UsageError(`which device? One of: ${names.join(', ')}`);
  const device = devices.find((candidate) => candidate.name === name);
  if (device) return device;
  const meant = nearest(name, names);
  throw new UsageError(`there is no device called ${name}; ${meant ? `did you mean ${meant}?` : names.join(', ')}`);
}
