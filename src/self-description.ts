import type { Measured } from './config/config.ts';
import type { Identity } from './driver-kit.ts';
import type { Clock } from './hal/clock.ts';
import type { Outbox } from './store/outbox.ts';
import { describeDevice } from './uplink/describe.ts';
import type { Descriptor } from './uplink/descriptor.ts';
import type { GatewayState } from './uplink/gateway-state.ts';

/** Less than this is no step of the clock, but two clocks read one after the other. */
const STEP_MS = 1000;

/** What the gateway says of itself and of its devices, to every platform alike. */
export class SelfDescription {
  #devices: readonly Measured[];
  readonly #clock: Clock;
  readonly #outbox: Outbox;
  readonly #startedUptimeMs: number;
  #startedAt: number;
  readonly #identities = new Map<string, Identity>();

  constructor({ devices, clock, outbox }: { devices: readonly Measured[]; clock: Clock; outbox: Outbox }) {
    this.#devices = devices;
    this.#clock = clock;
    this.#outbox = outbox;
    this.#startedUptimeMs = clock.uptimeMs();
    this.#startedAt = clock.now();
  }

  /** The devices are others from now on. */
  follow(devices: readonly Measured[]): void {
    this.#devices = devices;
  }

  /** Takes in what a part says of itself; true where that is news. */
  learn(device: string, identity: Identity): boolean {
    const isNew = JSON.stringify(this.#identities.get(device)) !== JSON.stringify(identity);
    this.#identities.set(device, identity);
    return isNew;
  }

  /** A device with at least these streams: it may be from an earlier configuration. */
  describe(name: string, streams: readonly string[] = []): Descriptor {
    const device = this.#devices.find((known) => known.name === name);
    return describeDevice(name, { device, identity: this.#identities.get(name), streams });
  }

  /** The devices of this configuration. */
  descriptors(): readonly Descriptor[] {
    return this.#devices.map(({ name }) => this.describe(name));
  }

  /** What a platform is to say when the gateway vanishes. */
  will(): GatewayState {
    const { wasClean, durableUntil } = this.#outbox.lastRun;
    const at = this.#clock.now();
    return {
      isOnline: false,
      at,
      clock: this.#clock.state(),
      startedAt: this.#startedBy(at),
      wasClean,
      ...(durableUntil === undefined ? {} : { durableUntil }),
    };
  }

  /** When it started by today's clock: the one it started with may have been set since, and only then that changes. */
  #startedBy(now: number): number {
    const startedAt = now - (this.#clock.uptimeMs() - this.#startedUptimeMs);
    if (Math.abs(startedAt - this.#startedAt) > STEP_MS) this.#startedAt = startedAt;
    return this.#startedAt;
  }

  /** How it is now, as one uplink is to know it. */
  async state(uplink: string, isOnline: boolean): Promise<GatewayState> {
    const { heads, backlog } = await this.#outbox.stats();
    return { ...this.will(), isOnline, heads, backlog: backlog[uplink] ?? 0 };
  }
}
