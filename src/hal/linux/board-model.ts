import { readFileSync } from 'node:fs';

/** The board as its device tree names it (`Raspberry Pi 4 Model B Rev 1.4`); undefined where it has none. */
export function boardModel(): string | undefined {
  try {
    return readFileSync('/proc/device-tree/model', 'utf8').replaceAll('\0', '').trim() || undefined;
  } catch {
    // A laptop or a virtual machine has no device tree.
    return undefined;
  }
}
