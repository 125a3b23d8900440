import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { liveTable, type Screen } from '../../src/cli/live-table.ts';
import { LiveView } from '../../src/cli/live-view.ts';
import { redrawn } from '../../src/cli/redraw.ts';
import { plain } from '../../src/cli/terminal.ts';
import type { Status } from '../../src/health/status.ts';
import { deviceStatus, statusOf, streamStatus, uplinkStatus } from '../support/status.ts';
import { until } from '../support/until.ts';

/** A line of 9600 baud carries a start and a stop bit with each eight. */
const BYTES_PER_SECOND = 960;

/** A terminal that shows what it is sent, as far as the view uses one. */
class Terminal extends EventEmitter {
  readonly isTTY = true;
  readonly columns = 80;
  readonly rows = 24;
  #lines: string[] = [];
  #row = 0;
  #column = 0;
  sentBytes = 0;
  isRaw = false;

  write(text: string): boolean {
    this.sentBytes += Buffer.byteLength(text);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what a terminal is sent.
    for (const [piece, move, erase] of text.matchAll(/\x1b\[(\d*;?\d*)H|\x1b\[([JK])|\x1b\[[?\d;]*[a-z]|[^\x1b]+/g)) {
      if (move !== undefined) [this.#row = 1, this.#column = 1] = move.split(';').map((n) => Number(n || 1));
      else if (erase === 'J') this.#lines = [];
      else if (erase === 'K') this.#put('', true);
      else if (!piece.startsWith('\x1b')) this.#put(piece, false);
    }
    return true;
  }

  #put(text: string, isRestGone: boolean): void {
    const before = (this.#lines[this.#row - 1] ?? '').padEnd(this.#column - 1);
    const rest = isRestGone ? '' : before.slice(this.#column - 1 + text.length);
    this.#lines[this.#row - 1] = before.slice(0, this.#column - 1) + text + rest;
    this.#column += text.length;
  }

  get shown(): string[] {
    return Array.from(this.#lines, (line = '') => line.trimEnd());
  }
}

/** 24 devices with a stream each, of which nothing is new after so many seconds. */
function village(seconds: number): Status {
  const devices = Array.from({ length: 24 }, (_, n) =>
    deviceStatus(`device-${n}`, {
      streams: [streamStatus({ value: 20 + n / 10, ageSeconds: seconds + n, trend: [1, 2] })],
    }),
  );
  return statusOf({ devices, uplinks: [uplinkStatus('city')] });
}

function expected(status: Status): string[] {
  const shown: Screen = { title: 'T', status, page: 0, sort: 'device', filter: '', notice: '', keys: KEYS };
  return liveTable(shown, { columns: 80, rows: 24, paint: plain }).map((line) => line.trimEnd());
}

const KEYS = 'space next page · s sort · / filter · q quit';

/** A view that draws again each time it is told to. */
function viewed() {
  const terminal = new Terminal();
  const stdin = Object.assign(new EventEmitter(), { pause: () => undefined, setRawMode: () => undefined });
  let next: () => void = () => undefined;
  const sleep = () =>
    new Promise<void>((resolve) => {
      next = resolve;
    });
  let asked = 0;
  let status = village(0);
  const streams = { stdout: terminal, stdin } as unknown as { stdout: NodeJS.WriteStream; stdin: NodeJS.ReadStream };
  const view = new LiveView({ ...streams, sleep }, { title: 'T', notice: '' });
  view.show(async () => {
    asked += 1;
    return status;
  });
  const drawn = async (count: number) => {
    await until('it is drawn', () => asked === count && next);
    await new Promise(setImmediate);
  };
  return {
    terminal,
    drawn,
    again: async (then: Status) => {
      status = then;
      const sentBefore = terminal.sentBytes;
      const wanted = asked + 1;
      next();
      await drawn(wanted);
      return terminal.sentBytes - sentBefore;
    },
  };
}

describe('the live view', () => {
  beforeEach(() => {
    process.env['NO_COLOR'] = '1';
  });
  afterEach(() => {
    delete process.env['NO_COLOR'];
  });

  it('sends nothing where nothing changes, and little where only time passes', async () => {
    const { terminal, drawn, again } = viewed();
    await drawn(1);
    expect(terminal.shown).toEqual(expected(village(0)));
    // A whole screen takes a slow line a few seconds, once.
    expect(terminal.sentBytes).toBeLessThan(3 * BYTES_PER_SECOND);
    expect(await again(village(0))).toBe(0);
    let sent = 0;
    for (const second of [1, 2, 3, 58, 59, 60, 61, 62]) {
      sent += await again(village(second));
      expect(terminal.shown).toEqual(expected(village(second)));
    }
    expect(sent / 8).toBeLessThan(BYTES_PER_SECOND / 2);
  });
});

describe('a line that changes', () => {
  it.each([
    ['is the same', 'abc', 'abc', ''],
    ['changes in its middle', 'ab1de', 'ab2de', '\x1b[3;3H2'],
    ['grows', 'abc', 'abcd', '\x1b[3;4Hd\x1b[K'],
    ['shrinks', 'abcd', 'ab', '\x1b[3;3H\x1b[K'],
    ['repeats itself', 'aaa', 'aba', '\x1b[3;2Hb'],
    ['has a colour', 'abc', '\x1b[31mabc\x1b[0m', '\x1b[3;1H\x1b[31mabc\x1b[0m\x1b[K'],
    ['is new', undefined, 'abc', '\x1b[3;1Habc\x1b[K'],
  ])('%s', (_what, before, after, sent) => {
    expect(redrawn(2, before, after)).toBe(sent);
  });
});
