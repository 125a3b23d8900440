import type { Clock } from '../clock.ts';
import { EdgeQueue } from '../edge-queue.ts';
import type { Edge, GpioChip, GpioDevice, Level, LineOptions } from '../gpio.ts';

/** A line, and those who want to know of its edges. */
interface SimulatedLine {
  level: Level;
  readonly tell: ((edge: Edge) => void)[];
}

/** A GPIO chip whose input lines are driven by simulated parts. */
export class SimulatedGpioChip implements GpioChip {
  readonly #clock: Clock;
  readonly #lines = new Map<number, SimulatedLine>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Sets the level that a part drives the line to. */
  drive(offset: number, level: Level): void {
    const line = this.#line(offset);
    if (line.level === level) return;
    line.level = level;
    for (const tell of line.tell) tell({ level, uptimeMs: this.#clock.uptimeMs() });
  }

  device(offset: number, { activeLow, further = [] }: LineOptions): GpioDevice {
    const edges = new EdgeQueue(this.#clock);
    const seen = (level: Level): Level => (activeLow ? (level === 0 ? 1 : 0) : level);
    const lines = [offset, ...further].map((offset) => this.#line(offset));
    for (const [index, line] of lines.entries()) {
      const which = index > 0 ? { line: index } : {};
      line.tell.push((edge) => edges.push({ ...edge, level: seen(edge.level), ...which }));
    }
    return {
      level: async (line = 0) => seen(lines[line]?.level ?? 0),
      edge: (withinMs, signal) => edges.take(withinMs, signal),
      uptimeMs: () => this.#clock.uptimeMs(),
    };
  }

  async close(): Promise<void> {
    this.#lines.clear();
  }

  #line(offset: number): SimulatedLine {
    const existing = this.#lines.get(offset);
    if (existing) return existing;
    const line: SimulatedLine = { level: 0, tell: [] };
    this.#lines.set(offset, line);
    return line;
  }
}
