import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { sync } from './disk.ts';
import { suspect } from './inspect.ts';
import type { DamageReason } from './outbox.ts';
import { finished } from './schema.ts';

const KEEP = 2;
/** Whole files of somebody: they go last. */
const PRECIOUS = /-(foreign|newer-schema)$/;
/** What is not all there yet; the reason is the rest of the name. */
const UNFINISHED = 'unfinished-';

const folderOf = (path: string) => join(dirname(path), 'quarantine');

/** Puts the file and its log aside, unchanged, and the finished one in its place; goes on with what a power cut stopped. */
export function replaceFile(path: string, reason: DamageReason, at: number): void {
  putAside(path, reason);
  nameUnfinished(path, at);
  dropOldest(path);
  placeFinished(path);
}

/** True where a power cut has stopped a file on its way into quarantine. */
export function isLeaving(path: string): boolean {
  return unfinishedIn(path) !== undefined;
}

/** The last step, or what a power cut kept from being it. */
export function placeFinished(path: string): void {
  renameSync(finished(path), path);
  sync(dirname(path));
}

/** The directory of the newest file in quarantine. */
export function newestIn(path: string): string {
  return join(folderOf(path), asideOf(path).at(-1) ?? '');
}

/** Two are kept. */
export function dropOldest(path: string): void {
  const kept = asideOf(path).slice(0, -1);
  const leastFirst = [...kept.filter((name) => !PRECIOUS.test(name)), ...kept.filter((name) => PRECIOUS.test(name))];
  const dropped = leastFirst.slice(0, Math.max(0, kept.length + 1 - KEEP));
  for (const name of dropped) rmSync(join(folderOf(path), name), { recursive: true });
  if (dropped.length > 0) sync(folderOf(path));
}

/** A file stays with its log: they move into one directory, which has its name when both are there. */
function putAside(path: string, why: DamageReason): void {
  const folder = folderOf(path);
  mkdirSync(folder, { recursive: true });
  const begun = unfinishedIn(path) ?? UNFINISHED + why;
  const unfinished = join(folder, begun);
  mkdirSync(unfinished, { recursive: true });
  // Before anything moves there: else it would have no place to be in.
  for (const changed of [folder, dirname(path)]) sync(changed);
  for (const suffix of ['', '-wal', '-shm']) {
    if (existsSync(path + suffix)) renameSync(path + suffix, join(unfinished, basename(path) + suffix));
  }
  // Is about the file that has left. Left behind, it would put the next one aside.
  rmSync(suspect(path), { force: true });
  for (const changed of [unfinished, dirname(path)]) sync(changed);
}

/** What is on its way into quarantine is all there. */
export function nameUnfinished(path: string, at: number): void {
  const unfinished = unfinishedIn(path);
  if (unfinished === undefined) return;
  const number = numberOf(asideOf(path).at(-1) ?? '') + 1;
  const stamp = new Date(at).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const name = `${String(number).padStart(4, '0')}-${stamp}-${unfinished.slice(UNFINISHED.length)}`;
  renameSync(join(folderOf(path), unfinished), join(folderOf(path), name));
  sync(folderOf(path));
}

const namesIn = (path: string) => (existsSync(folderOf(path)) ? readdirSync(folderOf(path)) : []);
const unfinishedIn = (path: string) => namesIn(path).find((name) => name.startsWith(UNFINISHED));

/** Oldest first, by the number: without a clock chip the time may be any. */
function asideOf(path: string): string[] {
  const names = namesIn(path).filter((name) => !name.startsWith(UNFINISHED));
  return names.toSorted((a, b) => numberOf(a) - numberOf(b) || (a < b ? -1 : 1));
}

const numberOf = (name: string) => Number(/^(\d+)-/.exec(name)?.[1] ?? 0);
