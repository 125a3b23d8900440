import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { falseTimeLibrary } from './programs.ts';
import { temporaryDirectory } from './temporary.ts';

/** A board whose wall clock the test sets, and whose time service says what the test wants. */
export interface FalseTime {
  /** The environment in which a program believes it. Its monotonic clock goes on as it is. */
  readonly env: Readonly<Record<string, string>>;
  /** Sets the wall clock, so far from the right time. */
  set(offsetMs: number): void;
  /** What `timedatectl` says from now on: it stands before the real one in the path, as the program asks for it. */
  synchronised(is: boolean): void;
}

/** A board that is so far from the right time and has heard of no time server. */
export function falseTime(offsetMs: number): FalseTime {
  const folder = temporaryDirectory();
  const file = (name: string) => join(folder, name);
  const write = (name: string, text: string) => {
    // Whole or not at all: who reads it meanwhile reads the old one.
    writeFileSync(file('new'), text, { mode: 0o755 });
    renameSync(file('new'), file(name));
  };
  const set = (ms: number) => write('offset', `${ms < 0 ? '-' : '+'}${Math.abs(ms) / 1000}\n`);
  const synchronised = (is: boolean) => write('timedatectl', `#!/bin/sh\necho ${is ? 'yes' : 'no'}\n`);
  set(offsetMs);
  synchronised(false);
  const env = {
    LD_PRELOAD: falseTimeLibrary() ?? '',
    FAKETIME_TIMESTAMP_FILE: file('offset'),
    FAKETIME_NO_CACHE: '1',
    DONT_FAKE_MONOTONIC: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
    NO_FAKE_STAT: '1',
    PATH: `${folder}:${process.env['PATH'] ?? ''}`,
  };
  return { env, set, synchronised };
}
