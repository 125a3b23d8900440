import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** A name for this boot (random(4), `boot_id`): monotonic times are comparable while it stays the same. */
export function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    // Not Linux: each run counts as a boot of its own.
    return randomUUID();
  }
}
