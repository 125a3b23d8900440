import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SensorError } from '../../model/errors.ts';

/** Where sysfs keeps its GPIO chips. */
export const SYSFS_GPIO = '/sys/class/gpio';

/**
 * The number that sysfs gives to line `offset` of the chip labelled `label`: kernels since 6.6 count a Raspberry Pi's
 * lines from 512 or 571, older ones from 0, so that a number in a config would not survive an upgrade.
 */
export function sysfsGpioNumber(label: string, offset: number, root: string = SYSFS_GPIO): number {
  const chips = chipsIn(root);
  const chip = chips.find((candidate) => candidate.label === label);
  if (!chip) {
    const known = chips.map((candidate) => candidate.label).join(', ') || 'none';
    throw new SensorError('bus', `there is no GPIO chip labelled ${label} in ${root}; chips here: ${known}`);
  }
  if (offset >= chip.lines) {
    throw new SensorError('bus', `${label} has lines 0 to ${chip.lines - 1}; there is no line ${offset}`);
  }
  return chip.base + offset;
}

interface Chip {
  readonly label: string;
  readonly base: number;
  readonly lines: number;
}

function chipsIn(root: string): Chip[] {
  let names: string[];
  try {
    names = readdirSync(root).filter((name) => name.startsWith('gpiochip'));
  } catch (cause) {
    throw new SensorError('bus', `${root} is missing: this kernel has no GPIO in sysfs`, { cause });
  }
  return names.flatMap((name) => chipAt(join(root, name)) ?? []);
}

function chipAt(folder: string): Chip | undefined {
  const fact = (file: string) => readFileSync(join(folder, file), 'utf8').trim();
  try {
    return { label: fact('label'), base: Number(fact('base')), lines: Number(fact('ngpio')) };
  } catch {
    // A chip that cannot say what it is, or that is just being unplugged, is not the one looked for.
    return undefined;
  }
}
