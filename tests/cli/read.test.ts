import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Context } from '../../src/cli/command.ts';
import { read } from '../../src/cli/read.ts';
import type { Config } from '../../src/config/config.ts';
import { SimulatedHal } from '../../src/hal/sim/simulated-hal.ts';
import { VirtualClock } from '../../src/hal/sim/virtual-clock.ts';
import { registered } from '../support/drivers.ts';
import { sources } from '../support/every-driver.ts';
import { temporaryDirectory } from '../support/temporary.ts';

/** What `dorpel read hall` prints of a device that `yaml` describes, its part simulated, and how long it took. */
async function shown(device: string, fault?: string) {
  const clock = new VirtualClock();
  const file = join(temporaryDirectory(), 'gateway.yaml');
  const buses = 'buses: { one: { kind: i2c, path: /dev/i2c-1 } }';
  writeFileSync(file, `gateway: { id: gw, owner: village }\n${buses}\ndevices: { hall: ${device} }\n`);
  const said: string[] = [];
  // Virtual time goes on while modules are loaded: it counts from the bus that is open to the first word.
  let openMs = 0;
  let saidMs = 0;
  const stream = {
    write: (text: string) => {
      saidMs ||= clock.uptimeMs();
      said.push(text);
    },
  };
  const context = {
    stdout: stream,
    stderr: stream,
    drivers: sources,
    buses: async ({ devices }: Config) => {
      const world = {
        truth: () => 500,
        now: () => clock.now(),
        uptimeMs: () => clock.uptimeMs(),
        sleep: (ms: number) => clock.sleep(ms),
        fault: () => fault,
      };
      const attached = devices.map(async ({ driver, bus, address, activeLow, options }) => {
        const simulation = await registered(driver.part).simulation();
        return { bus, address, activeLow, options, world, simulation };
      });
      const hal = new SimulatedHal(clock, await Promise.all(attached));
      openMs = clock.uptimeMs();
      return { hal, clock, end: () => hal.end() };
    },
    sleep: (ms: number, signal?: AbortSignal) => clock.sleep(ms, signal),
    stop: new AbortController().signal,
  } as unknown as Context;
  let code: number | undefined;
  const running = read.run(['hall', '--config', file], context).then((exit) => {
    code = exit;
  });
  while (code === undefined) await clock.advance(50);
  await running;
  return { code, text: said.join(''), tookMs: saidMs - openMs };
}

describe('dorpel read', () => {
  it('waits for a part that measures by itself until it has measured', async () => {
    const { code, text, tookMs } = await shown('{ driver: scd4x, bus: one }');
    expect(code).toBe(0);
    expect(text).toMatch(/^co2 +500 \[ppm\] +ok$/m);
    expect(tookMs).toBeLessThan(8000);
  });

  it('shows at once what a part that answers when asked has to say, and its faults', async () => {
    const healthy = await shown('{ driver: sht3x, bus: one }');
    expect(healthy.text).toMatch(/^relative_humidity +\d+\.\d +% +ok$/m);
    const broken = await shown('{ driver: sps30, bus: one }', 'fan stands still');
    expect(broken.text).toMatch(/^pm25 +- +ug\/m3 +fault \(fan\)$/m);
    expect(broken.tookMs).toBeLessThan(1000);
  });

  it('gives up on a part that never measures', async () => {
    const { code, text, tookMs } = await shown('{ driver: scd4x, bus: one }', 'stopped by itself');
    expect(code).toBe(1);
    expect(text).toMatch(/^hall: no new measurement for \d+ ms \(not-ready\)$/m);
    expect(tookMs).toBeLessThan(30_000);
  });
});
