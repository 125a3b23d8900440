import { describe, expect, it } from 'vitest';
import { callsIn } from './calls.ts';
import { Chance } from './chance.ts';
import { type Cut, Disk } from './disk.ts';

const text = (disk: Disk, path: string, cut: Cut, seed = 1) => {
  const content = disk.image(cut, new Chance(seed)).get(path);
  return content === undefined ? undefined : String(content);
};
const seeds = Array.from({ length: 60 }, (_, seed) => seed);

/** A directory with one file, all of it durable. */
const withFile = (content: string | Buffer) =>
  new Disk(
    new Map<string, Buffer | 'directory'>([
      ['d', 'directory'],
      ['d/f', Buffer.from(content)],
    ]),
  );

describe('the disk that power cuts are tried on', () => {
  it('keeps what was synced, and of the rest all, nothing or a part', () => {
    const disk = withFile('....');
    const file = disk.find('d/f') ?? 0;
    disk.write(file, 0, Buffer.from('A'));
    disk.sync(file);
    disk.write(file, 1, Buffer.from('B'));
    disk.write(file, 2, Buffer.from('C'));
    expect(text(disk, 'd/f', { names: 'all', data: 'none' })).toBe('A...');
    expect(text(disk, 'd/f', { names: 'all', data: 'all' })).toBe('ABC.');
    const some = new Set(seeds.map((seed) => text(disk, 'd/f', { names: 'all', data: 'some' }, seed)));
    expect(some, 'in any order').toEqual(new Set(['A...', 'AB..', 'A.C.', 'ABC.']));
    const prefixes = new Set(seeds.map((seed) => text(disk, 'd/f', { names: 'all', data: 'prefixes' }, seed)));
    expect(prefixes).toEqual(new Set(['A...', 'AB..', 'ABC.']));
  });

  it('tears the last write between sectors, not inside one', () => {
    const disk = withFile(Buffer.alloc(1024, '.'));
    disk.write(disk.find('d/f') ?? 0, 256, Buffer.alloc(512, 'x'));
    const torn = seeds.map((seed) => text(disk, 'd/f', { names: 'all', data: 'torn' }, seed));
    const [head, tail] = [`${'x'.repeat(256)}${'.'.repeat(256)}`, `${'.'.repeat(256)}${'x'.repeat(256)}`];
    const middles = new Set(torn.map((one) => one?.slice(256, 768)));
    expect(middles).toEqual(new Set([head, tail, 'x'.repeat(512), '.'.repeat(512)]));
  });

  it('keeps a name by a sync of its directory; by any sync where there is a journal', () => {
    const disk = withFile('old');
    const made = disk.make('d/new', 'file');
    disk.write(made, 0, Buffer.from('bytes'));
    disk.sync(made);
    expect(text(disk, 'd/new', { names: 'none', data: 'all' })).toBeUndefined();
    expect(text(disk, 'd/new', { names: 'journal', data: 'none' })).toBe('bytes');
    disk.sync(disk.find('d') ?? 0);
    expect(text(disk, 'd/new', { names: 'none', data: 'none' })).toBe('bytes');
  });

  it('moves a file whole: it is here or there, and there for good when both directories are synced', () => {
    const disk = withFile('file');
    disk.make('e', 'directory');
    disk.sync(0);
    disk.move('d/f', 'e/f');
    const cut: Cut = { names: 'none', data: 'all' };
    disk.sync(disk.find('e') ?? 0);
    expect([text(disk, 'd/f', cut), text(disk, 'e/f', cut)]).toEqual(['file', undefined]);
    disk.sync(disk.find('d') ?? 0);
    expect([text(disk, 'd/f', cut), text(disk, 'e/f', cut)]).toEqual([undefined, 'file']);
  });
});

describe('a trace', () => {
  it('is read in the order in which calls ended, but for what the program says, which counts from when it began', () => {
    const trace = [
      '7 pwrite64(3, "\\x41\\x42", 2, 512 <unfinished ...>',
      '8 write(1, "\\x6f\\x6b", 2 <unfinished ...>',
      '7 <... pwrite64 resumed>) = 2',
      '7 fsync(3) = 0',
      '8 <... write resumed>) = 2',
      '7 openat(AT_FDCWD, "\\x2f\\x66", O_RDWR|O_CREAT, 0644) = -1 ENOENT (No such file or directory)',
      '8 +++ killed by SIGKILL +++',
    ].join('\n');
    const calls = [...callsIn(trace)];
    expect(calls.map(({ name, result }) => `${name} ${result}`)).toEqual([
      'write 0',
      'pwrite64 2',
      'fsync 0',
      'openat -1',
    ]);
    expect(calls[1]).toMatchObject({ numbers: [3, 2, 512], strings: [Buffer.from('AB')] });
    expect(calls[3]).toMatchObject({ flags: 'AT_FDCWD O_RDWR|O_CREAT', strings: [Buffer.from('/f')] });
  });
});
