import { readFile, stat } from 'node:fs/promises';

/**
 * Who has locked the file at `path` with flock(2), as the kernel tells it (proc(5), "/proc/locks"): the program's name
 * and its process number; undefined where nobody can be seen, as from inside a container.
 */
export async function lockHolder(path: string): Promise<string | undefined> {
  try {
    const [{ dev, ino }, locks] = await Promise.all([stat(path), readFile('/proc/locks', 'utf8')]);
    const [, process] =
      locks
        .split('\n')
        .map(parsed)
        .find(([file]) => file === `${dev}:${ino}`) ?? [];
    if (process === undefined) return undefined;
    const name = await readFile(`/proc/${process}/comm`, 'utf8').catch(() => 'a program');
    return `${name.trim()} (process ${process})`;
  } catch {
    return undefined; // what cannot be known is left out of the message that it was for
  }
}

/** The file of a line, as `stat` numbers it, and the process that has locked it. */
function parsed(line: string): readonly [string, string] | readonly [] {
  const [, process, major, minor, inode] = /FLOCK .* WRITE (\d+) ([0-9a-f]+):([0-9a-f]+):(\d+) /.exec(line) ?? [];
  if (process === undefined || major === undefined || minor === undefined) return [];
  return [`${deviceNumber(Number.parseInt(major, 16), Number.parseInt(minor, 16))}:${inode}`, process];
}

/** As the C library packs it (makedev(3)), in the range of 32 bits that stat gives. */
function deviceNumber(major: number, minor: number): number {
  return (((minor & 0xfff00) << 12) | (major << 8) | (minor & 0xff)) >>> 0;
}
