import { createHash } from 'node:crypto';
import { lstatSync, type Stats, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { isInMemory } from './disk.ts';

/** Others may write there. */
const NOT_OURS_ALONE = 0o022;

/**
 * Where something in memory lies that belongs to the file at `path`: the same after a restart of the program, another
 * place for another file. Undefined where there is no directory in memory.
 */
export function placeInMemory(path: string, directory: string | undefined = directoryInMemory()): string | undefined {
  const hash = createHash('sha256').update(resolve(path)).digest('hex').slice(0, 12);
  return directory && join(directory, `${hash}-${basename(path)}`);
}

/** True for a file or a directory that is ours, and that nobody else can write. */
export function isOurs({ uid, mode }: Stats): boolean {
  return uid === process.getuid?.() && (mode & NOT_OURS_ALONE) === 0;
}

/** The service's own, as systemd makes it; else one that is nobody else's. */
function directoryInMemory(): string | undefined {
  // What systemd keeps over restarts it makes elsewhere, and puts a link in its place.
  const own = process.env['RUNTIME_DIRECTORY'] ?? '/run/dorpel';
  const service = statSync(own, { throwIfNoEntry: false });
  if (service?.isDirectory() && isOurs(service) && isInMemory(own)) return own;
  // Where anybody may make names, a link may lead anywhere.
  return ['/dev/shm', tmpdir()]
    .map((directory) => join(directory, `dorpel-${process.getuid?.()}`))
    .find((directory) => {
      const found = lstatSync(directory, { throwIfNoEntry: false });
      return (!found || (found.isDirectory() && isOurs(found))) && isInMemory(directory);
    });
}
