import { closeSync, constants, existsSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { startChild } from './child.ts';
import { pathOf } from './programs.ts';
import { temporaryDirectory } from './temporary.ts';
import { until } from './until.ts';

/** A serial cable with a device file at each end: two pseudo-terminals that socat joins. */
export class Cable {
  readonly near: string;
  readonly far: string;
  readonly #end: number;
  #speaking: NodeJS.Timeout | undefined;
  /** How often `speak` has spoken. */
  spoken = 0;

  constructor(near: string, far: string, end: number) {
    this.near = near;
    this.far = far;
    this.#end = end;
  }

  /** Puts bytes on the line at the far end. What a full line does not take is lost, as on a wire. */
  say(bytes: Uint8Array): void {
    try {
      writeSync(this.#end, bytes);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EAGAIN') throw cause;
    }
  }

  /** Says something at once and every so often, as a smart meter does, until hushed. */
  speak(everyMs: number, bytes: () => Uint8Array): void {
    this.hush();
    const say = () => {
      this.say(bytes());
      this.spoken += 1;
    };
    say();
    this.#speaking = setInterval(say, everyMs);
  }

  hush(): void {
    clearInterval(this.#speaking);
  }
}

/** Lays a cable for the time of the test. */
export async function layCable(): Promise<Cable> {
  const folder = temporaryDirectory();
  const [near, far] = [join(folder, 'near'), join(folder, 'far')];
  const socat = startChild(pathOf('socat'), [`pty,raw,echo=0,link=${near}`, `pty,raw,echo=0,link=${far}`]);
  await until('a pair of pseudo-terminals', () => {
    if (socat.hasExited) throw new Error(socat.output);
    return existsSync(near) && existsSync(far);
  });
  // An end that nobody holds open is hung up, and socat ends: both ends are held, whoever comes and goes.
  hold(near);
  const cable = new Cable(near, far, hold(far));
  onTestFinished(() => cable.hush());
  return cable;
}

function hold(path: string): number {
  const end = openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
  onTestFinished(() => closeSync(end));
  return end;
}
