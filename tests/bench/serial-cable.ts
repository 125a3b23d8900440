import { spawn } from 'node:child_process';
import { closeSync, constants, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ended } from './processes.ts';

/** A serial cable with a device file at each end, for as long as a measurement takes. */
export interface SerialCable {
  readonly near: string;
  readonly far: string;
  end(): Promise<void>;
}

/** Lays a cable in `directory`: two pseudo-terminals that socat joins. They have no pace: who holds the far end gives it one. */
export async function laySerialCable(directory: string, name: string): Promise<SerialCable> {
  const [near, far] = [join(directory, `${name}-near`), join(directory, `${name}-far`)];
  const ends = [near, far].map((path) => `pty,raw,echo=0,link=${path}`);
  const socat = spawn('socat', ends, { stdio: ['ignore', 'ignore', 'inherit'] });
  let failure: Error | undefined;
  socat.once('error', (cause) => {
    failure = cause;
  });
  for (let attempt = 0; !(existsSync(near) && existsSync(far)); attempt += 1) {
    if (failure) throw failure;
    if (attempt > 500 || socat.exitCode !== null) throw new Error(`socat laid no cable at ${near}`);
    await sleep(20);
  }
  // An end that nobody holds open is hung up, and socat ends: both are held, whoever comes and goes.
  const held = [near, far].map((path) => openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK));
  return {
    near,
    far,
    end: async () => {
      for (const end of held) closeSync(end);
      await ended(socat);
    },
  };
}
