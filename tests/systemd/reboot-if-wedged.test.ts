import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../support/temporary.ts';

const SCRIPT = fileURLToPath(new URL('../../systemd/reboot-if-wedged', import.meta.url));
const TEN = 10;

/** A board whose program ends again and again, and whose reboots are written down instead of done. */
class Board {
  readonly #folder = temporaryDirectory();
  readonly #kept = join(this.#folder, 'kept');
  upSeconds = 100;
  said = '';

  constructor({ isWritable = true } = {}) {
    if (isWritable) mkdirSync(this.#kept);
  }

  get reboots(): number {
    const file = join(this.#folder, 'rebooted');
    return existsSync(file) ? readFileSync(file, 'utf8').length : 0;
  }

  /** The program ends so many times, each so many seconds after the one before. */
  ends(times: number, { result = 'watchdog', status = 'ABRT', everySeconds = 200 } = {}): void {
    for (let n = 0; n < times; n += 1) {
      this.upSeconds += everySeconds;
      writeFileSync(join(this.#folder, 'uptime'), `${this.upSeconds}.25 17.00\n`);
      const env = {
        ...process.env,
        SERVICE_RESULT: result,
        EXIT_STATUS: status,
        DORPEL_RUN: join(this.#folder, 'run'),
        DORPEL_KEPT: this.#kept,
        DORPEL_UPTIME: join(this.#folder, 'uptime'),
        DORPEL_REBOOT: `tee -a ${join(this.#folder, 'rebooted')}`,
      };
      const { status: code, stdout, stderr } = spawnSync(SCRIPT, { env, input: 'x', encoding: 'utf8' });
      expect(code, stderr).toBe(0);
      this.said = stdout;
    }
  }

  /** So many seconds pass for those who look at the list of reboots. */
  age(seconds: number): void {
    const file = join(this.#kept, 'reboots');
    const times = readFileSync(file, 'utf8').trim().split('\n').map(Number);
    writeFileSync(file, times.map((at) => `${at - seconds}\n`).join(''));
  }
}

it('the board is started anew after ten bad ends in a row, and not before', () => {
  const board = new Board();
  board.ends(TEN - 1);
  expect(board.reboots).toBe(0);
  board.ends(1);
  expect(board.reboots).toBe(1);
  board.ends(TEN - 1);
  expect(board.reboots).toBe(1);
});

it.each([
  ['a long run between them', { everySeconds: 1300 }],
  ['a stop by hand', { result: 'success', status: '0' }],
  ['a wrong config', { result: 'exit-code', status: '2' }],
])('not after %s', (_, end) => {
  const board = new Board();
  board.ends(TEN - 1);
  board.ends(1, end);
  expect(board.reboots).toBe(0);
  board.ends(TEN - 2);
  expect(board.reboots).toBe(0);
});

it('and no more than three times a day, by whatever clock', () => {
  const board = new Board();
  for (let n = 0; n < 5; n += 1) board.ends(TEN);
  expect(board.reboots).toBe(3);
  expect(board.said).toMatch(/was started anew 3 times in a day, and is not again/);
  // The clock has lost its time: what is on the list is yet to come.
  board.age(-30 * 86_400);
  board.ends(TEN);
  expect(board.reboots).toBe(3);
  board.age(31 * 86_400);
  board.ends(1);
  expect(board.reboots).toBe(4);
});

it('where that cannot be written down, only once the board has run for eight hours', () => {
  const board = new Board({ isWritable: false });
  board.ends(TEN);
  expect(board.reboots).toBe(0);
  expect(board.said).toMatch(/is not started anew before it has run for 28800 s/);
  board.upSeconds = 28_800;
  board.ends(TEN);
  expect(board.reboots).toBe(1);
});
