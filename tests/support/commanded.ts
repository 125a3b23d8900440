import type { Command, Context } from '../../src/cli/command.ts';
import type { Config } from '../../src/config/config.ts';
import type { SimulatedHal } from '../../src/hal/sim/simulated-hal.ts';
import { VirtualClock } from '../../src/hal/sim/virtual-clock.ts';
import { sources } from './every-driver.ts';
import { simulatedHal } from './village.ts';

/** What happens on the board while a command runs. */
export interface Happening {
  readonly atMs: number;
  does(hal: SimulatedHal, stop: AbortController): void;
}

interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs a command with simulated buses in virtual time, which begins when the buses are open. */
export async function commanded(command: Command, args: readonly string[], happenings: readonly Happening[] = []) {
  const clock = new VirtualClock();
  const stop = new AbortController();
  const said = { out: '', err: '' };
  const context = {
    stdout: { write: (text: string) => (said.out += text) },
    stderr: { write: (text: string) => (said.err += text) },
    drivers: sources,
    buses: async (config: Config) => {
      const hal = await simulatedHal(config, clock);
      for (const { atMs, does } of happenings) void clock.sleep(atMs).then(() => does(hal, stop));
      return { hal, clock, end: () => hal.end() };
    },
    board: async () => ({ model: 'Test Board 3', clock: clock.state() }),
    now: () => clock.now(),
    stop: stop.signal,
  } as unknown as Context;
  let code: number | undefined;
  const running = command.run(args, context).then((exit) => {
    code = exit;
  });
  let isFailed = false;
  running.catch(() => {
    isFailed = true;
  });
  while (code === undefined && !isFailed) await clock.advance(100);
  await running;
  return { code: code ?? -1, ...said } satisfies Said;
}
