import { existsSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

/**
 * Where a file that the config names is to be read. A service under systemd may not read keys where they lie: it is
 * given copies in memory, called FOLDER_FILE (systemd.exec(5), "LoadCredential="), and then the copy is meant.
 */
export function namedFile(directory: string, path: string): string {
  const file = resolve(directory, path);
  const copies = process.env['CREDENTIALS_DIRECTORY'];
  const copy = copies && join(copies, `${basename(dirname(file))}_${basename(file)}`);
  return copy && existsSync(copy) ? copy : file;
}

/** False as well where it cannot be known: a folder on the way that may not be entered. */
export function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
