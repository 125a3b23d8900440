import type { Log } from '../health/log.ts';
import type { Status } from '../health/status.ts';
import type { Context } from './command.ts';
import { liveTable, pagesOf, type Screen, SORTS } from './live-table.ts';
import { redrawn } from './redraw.ts';
import { paintFor } from './terminal.ts';

const ENTER = '\x1b[?1049h\x1b[?25l';
const LEAVE = '\x1b[?25h\x1b[?1049l';
const TOP = '\x1b[H';
const TO_SCREEN_END = '\x1b[J';
const CTRL_C = '\x03';
const ESCAPE = '\x1b';
const BACKSPACE = /^[\x7f\b]$/;
const PRINTABLE = /^[\x20-\x7e]$/;
const REDRAW_MS = 1000;
const KEYS = 'space next page · s sort · / filter · q quit';

type Terminal = Pick<Context, 'stdout' | 'stdin' | 'sleep'>;

/** The streams of a gateway, on the whole terminal, until it is left. */
export class LiveView {
  /** Aborted by Ctrl-C or q. */
  readonly stop: AbortSignal;
  readonly #terminal: Terminal;
  readonly #left = new AbortController();
  readonly #over = new AbortController();
  #screen: Screen;
  #notice: string;
  /** Why the last status did not come. */
  #trouble: string | undefined;
  #isTyping = false;
  #drawn: readonly string[] = [];
  #drawing: Promise<void> = Promise.resolve();

  constructor(terminal: Terminal, { title, notice }: { readonly title: string; readonly notice: string }) {
    this.#terminal = terminal;
    this.#notice = notice;
    this.#screen = { title, status: undefined, page: 0, sort: 'device', filter: '', notice, keys: KEYS };
    this.stop = this.#left.signal;
  }

  /** The log, as long as the view is up: its last line is shown. */
  readonly log: Log = (_level, _code, message) => {
    this.#notice = message;
  };

  /** Takes over the terminal and keeps it up to date; `status` may fail, and is asked again. */
  show(status: () => Promise<Status>): void {
    const { stdin, stdout } = this.#terminal;
    stdout.write(ENTER);
    stdin.setRawMode?.(true);
    stdin.on('data', this.#key);
    stdout.on('resize', this.#redraw);
    this.#drawing = this.#keepDrawing(status);
  }

  /** Gives the terminal back as it was. */
  async leave(): Promise<void> {
    const { stdin, stdout } = this.#terminal;
    this.#over.abort();
    await this.#drawing;
    stdin.off('data', this.#key);
    stdout.off('resize', this.#redraw);
    stdin.setRawMode?.(false);
    stdin.pause();
    stdout.write(LEAVE);
  }

  /** What is typed fast, or pasted, comes in one piece; the arrows and their like, which mean nothing here, as one too. */
  readonly #key = (piece: Buffer): void => {
    const text = piece.toString();
    if (text.length > 1 && text.startsWith(ESCAPE)) return;
    for (const sign of text) this.#press(sign);
    this.#draw();
  };

  #press(sign: string): void {
    if (sign === CTRL_C) this.#left.abort();
    else if (this.#isTyping) this.#type(sign);
    else if (sign === 'q') this.#left.abort();
    else if (sign === ' ') this.#change({ page: this.#screen.page + 1 });
    else if (sign === 's')
      this.#change({ sort: SORTS[(SORTS.indexOf(this.#screen.sort) + 1) % SORTS.length] ?? 'device' });
    else if (sign === '/') {
      this.#isTyping = true;
      this.#change({ filter: '', page: 0 });
    }
  }

  /** While a filter is being typed, every sign belongs to it, until Enter; Escape takes it away. */
  #type(sign: string): void {
    const { filter } = this.#screen;
    if (sign === '\r' || sign === '\n' || sign === ESCAPE) this.#isTyping = false;
    if (sign === ESCAPE) this.#change({ filter: '' });
    else if (BACKSPACE.test(sign)) this.#change({ filter: filter.slice(0, -1) });
    else if (PRINTABLE.test(sign)) this.#change({ filter: filter + sign });
  }

  #change(change: Partial<Screen>): void {
    this.#screen = { ...this.#screen, ...change };
  }

  async #keepDrawing(status: () => Promise<Status>): Promise<void> {
    while (!this.#over.signal.aborted) {
      try {
        this.#change({ status: await status() });
        this.#trouble = undefined;
      } catch (cause) {
        this.#trouble = (cause as Error).message;
      }
      this.#draw();
      // Ends early when the view is left; the loop sees it.
      await this.#terminal.sleep(REDRAW_MS, this.#over.signal).catch(() => undefined);
    }
  }

  get #told(): string {
    return this.#trouble ?? this.#notice;
  }

  readonly #redraw = (): void => {
    this.#drawn = [];
    this.#draw();
  };

  /** Only what has changed goes out: the terminal may be at the far end of a slow line. */
  readonly #draw = (): void => {
    const { stdout } = this.#terminal;
    const size = { columns: stdout.columns ?? 80, rows: stdout.rows ?? 24 };
    const notice = this.#isTyping ? `filter: ${this.#screen.filter}_ (Enter keeps it, Esc clears it)` : this.#told;
    const screen = { ...this.#screen, notice };
    this.#change({ page: screen.page % pagesOf(screen, size.rows) });
    const rows = liveTable(screen, { ...size, paint: paintFor(stdout) });
    const isNew = this.#drawn.length !== rows.length;
    const changed = rows.map((row, index) => redrawn(index, isNew ? undefined : this.#drawn[index], row));
    stdout.write(`${isNew ? TOP + TO_SCREEN_END : ''}${changed.join('')}`);
    this.#drawn = rows;
  };
}
