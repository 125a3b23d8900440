import { describe, expect, it, onTestFinished } from 'vitest';
import type { SimulatedI2cPart, Simulation, World } from '../../src/driver-kit.ts';
import { type Attached, SimulatedHal } from '../../src/hal/sim/simulated-hal.ts';
import { VirtualClock } from '../../src/hal/sim/virtual-clock.ts';
import { SensorError } from '../../src/model/errors.ts';
import { bytes, hex } from '../../src/protocol/hex.ts';

const line = { name: 'line', path: '-', baudRate: 9600, dataBits: 8, parity: 'none', stopBits: 1 } as const;

class EchoPart implements SimulatedI2cPart {
  #last = new Uint8Array();

  write(sent: Uint8Array): void {
    this.#last = Uint8Array.from(sent);
  }

  read(length: number): Uint8Array {
    return this.#last.slice(0, length);
  }
}

const echoing: Simulation = { bus: 'i2c', spans: {}, build: () => new EchoPart() };

/** Says each thing that it hears back, and adds its address. */
const answering: Simulation = {
  bus: 'serial',
  spans: {},
  run: async (far, _world, _options, signal) => {
    while (!signal.aborted) {
      const heard = await far.read(3_600_000, signal);
      await far.write(Uint8Array.of(...heard, far.address));
    }
  },
};

const blinking: Simulation = {
  bus: 'gpio',
  spans: {},
  run: async (pin, world, _options, signal) => {
    for (let level: 0 | 1 = 1; ; level = level === 1 ? 0 : 1) {
      await world.sleep(1000, signal);
      pin.set(level);
    }
  },
};

function halWith(...parts: readonly { bus: string; address: number; simulation: Simulation; activeLow?: boolean }[]) {
  const clock = new VirtualClock();
  const world: World = {
    truth: () => 0,
    now: () => clock.now(),
    uptimeMs: () => clock.uptimeMs(),
    sleep: (ms, signal) => clock.sleep(ms, signal),
  };
  const attached = parts.map((part): Attached => ({ activeLow: false, options: {}, world, ...part }));
  const hal = new SimulatedHal(clock, attached);
  onTestFinished(() => hal.end());
  const settled = async <T>(promise: Promise<T>): Promise<T> => {
    promise.catch(() => undefined);
    await clock.advance(5000);
    return promise;
  };
  return { hal, clock, settled };
}

describe('a simulated I2C bus', () => {
  const busWithEcho = () => {
    const { hal } = halWith(
      { bus: 'i2c-1', address: 0x44, simulation: echoing },
      { bus: 'other', address: 0x45, simulation: echoing },
    );
    const bus = hal.i2c({ name: 'i2c-1' });
    const simulated = hal.i2cBuses.get('i2c-1');
    if (!simulated) throw new Error('no bus');
    return { bus, simulated, device: bus.device(0x44) };
  };

  it('carries the parts that are attached to it, and no others', async () => {
    const { bus, device } = busWithEcho();
    expect(hex(await device.writeRead(bytes('01 02'), 2))).toBe('01 02');
    await expect(bus.device(0x45).read(1)).rejects.toMatchObject({ kind: 'no-acknowledge', message: /0x45/ });
  });

  it('breaks one address on demand, and only that one, until it is mended', async () => {
    const { bus, simulated, device } = busWithEcho();
    simulated.attach(0x46, new EchoPart());
    simulated.break(0x44, 'absent');
    await expect(device.write(bytes('01'))).rejects.toMatchObject({ kind: 'no-acknowledge' });
    simulated.break(0x44, 'stuck');
    await expect(device.write(bytes('01'))).rejects.toMatchObject({ kind: 'timeout' });
    simulated.break(0x44, 'corrupt');
    expect(hex(await device.writeRead(bytes('01 02'), 2))).toBe('11 02');
    expect(hex(await bus.device(0x46).writeRead(bytes('01 02'), 2))).toBe('01 02');
    simulated.break(0x44, undefined);
    expect(hex(await device.writeRead(bytes('01 02'), 2))).toBe('01 02');
  });
});

describe('a simulated serial line', () => {
  const lineWithTwo = () => {
    const { hal, clock, settled } = halWith(
      { bus: 'line', address: 7, simulation: answering },
      { bus: 'line', address: 8, simulation: answering },
    );
    const device = hal.serial(line).device(7);
    const simulated = hal.serialLines.get('line');
    if (!simulated) throw new Error('no line');
    const asked = async (question: string) => {
      await device.write(bytes(question));
      await device.sleep(100);
      return hex(await device.read(500));
    };
    return { clock, device, simulated, asked: (question: string) => settled(asked(question)) };
  };

  it('lets every part hear, and the gateway hear every part', async () => {
    const { asked } = lineWithTwo();
    expect(await asked('aa')).toBe('aa 07 aa 08');
  });

  it('takes the time that the bytes take at its rate', async () => {
    const { clock, device } = lineWithTwo();
    const from = device.uptimeMs();
    let tookMs = 0;
    void device.write(new Uint8Array(96)).then(() => {
      tookMs = device.uptimeMs() - from;
    });
    await clock.advance(1000);
    expect(tookMs).toBe(100);
  });

  it('breaks on demand, and works again when it is mended', async () => {
    const { asked, simulated } = lineWithTwo();
    simulated.break('silent');
    await expect(asked('aa')).rejects.toMatchObject({ kind: 'timeout' });
    simulated.break('corrupt');
    expect(await asked('aa')).toBe('aa 03 aa 0c');
    simulated.break('unplugged');
    await expect(asked('aa')).rejects.toMatchObject({ kind: 'bus' });
    simulated.break(undefined);
    expect(await asked('aa')).toBe('aa 07 aa 08');
  });

  it('tells whoever reads that it was unplugged, and forgets what came before', async () => {
    const { device, simulated, clock } = lineWithTwo();
    const reading = expect(device.read(10_000)).rejects.toMatchObject({ kind: 'bus' });
    await clock.advance(10);
    simulated.break('unplugged');
    await reading;
    simulated.break(undefined);
    simulated.hear(bytes('aa'));
    simulated.break('unplugged');
    simulated.break(undefined);
    const silence = expect(device.read(10)).rejects.toMatchObject({ kind: 'timeout' });
    await clock.advance(10);
    await silence;
  });
});

describe('a simulated GPIO chip', () => {
  it('gives the level and the edges that its parts drive, inverted for an active-low line', async () => {
    const { hal, clock } = halWith(
      { bus: 'gpio', address: 4, simulation: blinking },
      { bus: 'gpio', address: 5, simulation: blinking, activeLow: true },
    );
    const chip = hal.gpio({ name: 'gpio' });
    const plain = chip.device(4, { activeLow: false });
    const inverted = chip.device(5, { activeLow: true });
    const raw = chip.device(5, { activeLow: false });
    await clock.advance(1500);
    expect([await plain.level(), await inverted.level(), await raw.level()]).toEqual([1, 1, 0]);
    expect(await plain.edge(0)).toEqual({ level: 1, uptimeMs: 1000 });
    await clock.advance(1000);
    expect(await plain.edge(0)).toEqual({ level: 0, uptimeMs: 2000 });
  });
});

describe('a simulated board', () => {
  it('tells at its end that a part ended by itself', async () => {
    const failing: Simulation = {
      bus: 'serial',
      spans: {},
      run: async () => {
        throw new TypeError('a bug in the part');
      },
    };
    const clock = new VirtualClock();
    const world: World = { truth: () => 0, now: () => 0, uptimeMs: () => 0, sleep: (ms) => clock.sleep(ms) };
    const part = { bus: 'line', address: 1, activeLow: false, options: {}, simulation: failing, world };
    const hal = new SimulatedHal(clock, [part]);
    hal.serial(line);
    await clock.advance(0);
    await expect(hal.end()).rejects.toThrow(SensorError);
  });
});
