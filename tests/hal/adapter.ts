import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readlinkSync, realpathSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { onTestFinished } from 'vitest';
import { pathOf } from '../support/programs.ts';

/** A serial adapter that is plugged in under `path`: a pseudo-terminal that socat makes. The test holds its far end. */
export class Adapter {
  /** The terminal that `path` leads to. */
  readonly terminal: string;
  readonly #socat: ChildProcessByStdio<Writable, Readable, Readable>;

  private constructor(path: string, socat: ChildProcessByStdio<Writable, Readable, Readable>) {
    this.terminal = realpathSync(path);
    this.#socat = socat;
  }

  static async plugIn(path: string): Promise<Adapter> {
    const socat = spawn(pathOf('socat'), ['-d', '-d', `pty,raw,echo=0,link=${path}`, 'stdio'], { stdio: 'pipe' });
    onTestFinished(() => void socat.kill('SIGKILL'));
    let said = '';
    for await (const text of socat.stderr.iterator({ destroyOnReturn: false })) {
      said += text;
      if (said.includes('starting data transfer loop')) break;
    }
    // What it says later is not read, but must not fill the pipe.
    socat.stderr.resume();
    if (socat.exitCode !== null) throw new Error(`socat ended: ${said}`);
    return new Adapter(path, socat);
  }

  say(bytes: Uint8Array): void {
    this.#socat.stdin.write(bytes);
  }

  /** The bytes that came out at the far end since the last call, at least one. */
  async heard(): Promise<Uint8Array> {
    const [bytes] = (await once(this.#socat.stdout, 'data')) as [Buffer];
    return bytes;
  }

  async unplug(): Promise<void> {
    const ended = once(this.#socat, 'exit');
    this.#socat.kill('SIGTERM');
    await ended;
  }
}

/** How many descriptors of this process stand on `terminal`. */
export function descriptorsOn(terminal: string): number {
  const links = readdirSync('/proc/self/fd').map((name) => {
    try {
      return readlinkSync(`/proc/self/fd/${name}`);
    } catch {
      // The descriptor with which the folder was read is closed by now.
      return '';
    }
  });
  // A terminal that was hung up is told as "… (deleted)".
  return links.filter((link) => link.startsWith(terminal)).length;
}
