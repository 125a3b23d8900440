import type { Gateway, GatewayStatus } from '../gateway.ts';
import type { Log } from '../health/log.ts';
import type { Observation } from '../model/observation.ts';
import type { Context } from './command.ts';
import { type Line, liveTable, pagesOf } from './live-table.ts';

const ENTER = '\x1b[?1049h\x1b[?25l';
const LEAVE = '\x1b[?25h\x1b[?1049l';
const TOP = '\x1b[H';
const TO_LINE_END = '\x1b[K';
const TO_SCREEN_END = '\x1b[J';
const CTRL_C = '\x03';
const REDRAW_MS = 500;
const TREND_LENGTH = 60;

type Terminal = Pick<Context, 'stdout' | 'stdin' | 'now' | 'sleep'>;

/** The streams of a running gateway, on the whole terminal, until it is left. */
export class LiveView {
  /** Aborted by Ctrl-C or q. */
  readonly stop: AbortSignal;
  readonly #terminal: Terminal;
  readonly #facts: { readonly title: string; readonly subscribe: string };
  readonly #lines = new Map<string, Line>();
  readonly #left = new AbortController();
  readonly #over = new AbortController();
  #notice = '';
  #page = 0;
  #status: GatewayStatus | undefined;
  #drawing: Promise<void> = Promise.resolve();

  constructor(terminal: Terminal, facts: { readonly title: string; readonly subscribe: string }) {
    this.#terminal = terminal;
    this.#facts = facts;
    this.stop = this.#left.signal;
  }

  /** The log, as long as the view is up: its last line is shown. */
  readonly log: Log = (_level, _code, message) => {
    this.#notice = message;
  };

  /** Takes an observation into the table. */
  see({ device, instant, readings }: Observation): void {
    for (const { quantity, value, quality, why } of readings) {
      const key = `${device}/${quantity}`;
      const trend = this.#lines.get(key)?.trend ?? [];
      this.#lines.set(key, {
        device,
        quantity,
        value,
        quality,
        why,
        at: instant.at,
        trend: value === null ? trend : [...trend, value].slice(-TREND_LENGTH),
      });
    }
  }

  /** Takes over the terminal and keeps it up to date. */
  show(gateway: Gateway): void {
    const { stdin, stdout } = this.#terminal;
    stdout.write(ENTER);
    stdin.setRawMode?.(true);
    stdin.on('data', this.#key);
    stdout.on('resize', this.#draw);
    this.#drawing = this.#keepDrawing(gateway);
  }

  /** Gives the terminal back as it was. */
  async leave(): Promise<void> {
    const { stdin, stdout } = this.#terminal;
    this.#over.abort();
    await this.#drawing;
    stdin.off('data', this.#key);
    stdout.off('resize', this.#draw);
    stdin.setRawMode?.(false);
    stdin.pause();
    stdout.write(LEAVE);
  }

  readonly #key = (key: Buffer): void => {
    const text = key.toString();
    if (text === CTRL_C || text === 'q') this.#left.abort();
    if (text === ' ') this.#page += 1;
    this.#draw();
  };

  async #keepDrawing(gateway: Gateway): Promise<void> {
    while (!this.#over.signal.aborted) {
      this.#status = await gateway.status();
      this.#draw();
      // Ends early when the view is left; the loop sees it.
      await this.#terminal.sleep(REDRAW_MS, this.#over.signal).catch(() => undefined);
    }
  }

  readonly #draw = (): void => {
    const { stdout, now } = this.#terminal;
    const size = { columns: stdout.columns ?? 80, rows: stdout.rows ?? 24 };
    const lines = [...this.#lines.values()].toSorted((a, b) => a.device.localeCompare(b.device));
    this.#page %= pagesOf(lines.length, size.rows);
    const rows = liveTable(
      { ...this.#facts, now: now(), lines, page: this.#page, status: this.#status, notice: this.#notice },
      size,
    );
    stdout.write(TOP + rows.map((row) => row + TO_LINE_END).join('\r\n') + TO_SCREEN_END);
  };
}
