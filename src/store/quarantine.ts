import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { DamageReason } from './outbox.ts';
import { finished, sync } from './schema.ts';

const KEEP = 2;
/** Whole files of somebody: they go last. */
const PRECIOUS = /-(foreign|newer-schema)$/;

/** Puts the file and its log aside, unchanged, and the finished one in its place. The directory's name is answered. */
export function replaceFile(path: string, reason: DamageReason, at: number): string {
  const folder = join(dirname(path), 'quarantine');
  const stamp = new Date(at).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const taken = existsSync(folder) ? readdirSync(folder) : [];
  let name = `${stamp}-${reason}`;
  for (let n = 2; taken.includes(name); n += 1) name = `${stamp}.${n}-${reason}`;
  const place = join(folder, name);
  mkdirSync(place, { recursive: true });
  for (const suffix of ['', '-wal', '-shm']) {
    if (existsSync(path + suffix)) renameSync(path + suffix, join(place, basename(path) + suffix));
  }
  for (const changed of [place, folder, dirname(path)]) sync(changed);
  placeFinished(path);
  dropOldest(folder, name);
  return place;
}

/** The last step, or what a power cut kept from being it. */
export function placeFinished(path: string): void {
  renameSync(finished(path), path);
  sync(dirname(path));
}

function dropOldest(folder: string, newest: string): void {
  const kept = readdirSync(folder)
    .filter((name) => name !== newest)
    .toSorted();
  const leastFirst = [...kept.filter((name) => !PRECIOUS.test(name)), ...kept.filter((name) => PRECIOUS.test(name))];
  for (const name of leastFirst.slice(0, Math.max(0, kept.length + 1 - KEEP))) {
    rmSync(join(folder, name), { recursive: true });
  }
}
