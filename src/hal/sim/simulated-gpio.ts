import type { Clock } from '../clock.ts';
import { EdgeQueue } from '../edge-queue.ts';
import type { GpioChip, GpioDevice, Level } from '../gpio.ts';

/** A GPIO chip whose input lines are driven by simulated parts. */
export class SimulatedGpioChip implements GpioChip {
  readonly #clock: Clock;
  readonly #lines = new Map<number, { level: Level; readonly edges: EdgeQueue }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Sets the level that a part drives the line to. */
  drive(offset: number, level: Level): void {
    const line = this.#line(offset);
    if (line.level === level) return;
    line.level = level;
    line.edges.push({ level, uptimeMs: this.#clock.uptimeMs() });
  }

  device(offset: number, options: { readonly activeLow: boolean }): GpioDevice {
    const line = this.#line(offset);
    const seen = (level: Level): Level => (options.activeLow ? (level === 0 ? 1 : 0) : level);
    return {
      level: async () => seen(line.level),
      edge: async (withinMs, signal) => {
        const edge = await line.edges.take(withinMs, signal);
        return edge && { ...edge, level: seen(edge.level) };
      },
      uptimeMs: () => this.#clock.uptimeMs(),
    };
  }

  async close(): Promise<void> {
    this.#lines.clear();
  }

  #line(offset: number) {
    const existing = this.#lines.get(offset);
    if (existing) return existing;
    const line = { level: 0 as Level, edges: new EdgeQueue(this.#clock) };
    this.#lines.set(offset, line);
    return line;
  }
}
