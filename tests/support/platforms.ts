import { copyFileSync, existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { VirtualClock } from '../../src/hal/sim/virtual-clock.ts';
import type { Observation, Priority } from '../../src/model/observation.ts';
import type { Outbox, Row, StoreEvent } from '../../src/store/outbox.ts';
import { placeOfSlate } from '../../src/store/slate.ts';
import { openSqliteOutbox, type SqliteOutboxOptions } from '../../src/store/sqlite-outbox.ts';
import { describeDevice } from '../../src/uplink/describe.ts';
import { feedJson } from '../../src/uplink/encodings/feed-json.ts';
import type { Message } from '../../src/uplink/uplink.ts';
import { copyWhileOpen } from './damage.ts';
import { type FeedLoss, type FeedObservation, judged, type Seen } from './feed.ts';
import { idsOf, leaseAny } from './leasing.ts';
import { temporaryDirectory } from './temporary.ts';

/** What may differ from one test to the next. */
export type Ways = Partial<Omit<SqliteOutboxOptions, 'path' | 'clock' | 'report'>>;

const COMMIT_MS = 1000;
const seen = ({ topic, payload }: Message): Seen => ({ topic, payload: String(payload) });

/** An outbox in virtual time and the platforms that it is told to, over all its lives, clean and unclean. */
export class Platforms {
  readonly told: Readonly<Record<string, Seen[]>>;
  readonly events: StoreEvent[] = [];
  readonly clock: VirtualClock;
  /** Observations that were acknowledged as durable, by their value. */
  readonly kept = new Set<number>();
  outbox!: Outbox;
  readonly memoryDirectory = join(temporaryDirectory(), 'memory');
  path: string;
  ways: Ways;
  readonly #encoding = feedJson({ root: 'feed', owner: 'asten', gateway: 'gw01', epoch: '' });
  #life = 0;
  #appended = 0;

  private constructor(ways: Ways, clock: VirtualClock, devices: readonly string[]) {
    this.ways = ways;
    this.clock = clock;
    this.path = join(temporaryDirectory(), 'outbox.db');
    const metas = devices.map((name) => {
      const known = { device: undefined, identity: undefined, streams: ['air_temperature'] };
      return seen(this.#encoding.meta(describeDevice(name, known)));
    });
    this.told = Object.fromEntries(['city', 'region', 'late'].map((name) => [name, [...metas]]));
  }

  static async open(ways: Ways = {}, { clock = new VirtualClock(), devices = ['a', 'b'] } = {}): Promise<Platforms> {
    const platforms = new Platforms(ways, clock, devices);
    await platforms.#open();
    return platforms;
  }

  get uplinks(): readonly string[] {
    return this.ways.uplinks ?? ['city', 'region'];
  }

  /** File and log. */
  get sizeBytes(): number {
    const size = (path: string) => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    return size(this.path) + size(`${this.path}-wal`);
  }

  /** Appends so many observations; `text` makes each of them so much larger. */
  append(device: string, count: number, { priority, text = 0 }: { priority?: Priority; text?: number } = {}): void {
    const life = this.#life;
    for (let index = 0; index < count; index += 1) {
      this.#appended += 1;
      const value = this.#appended;
      const at = this.clock.now();
      const why = text > 0 ? { quality: 'estimated' as const, why: 'x'.repeat(text) } : { quality: 'ok' as const };
      const observation: Observation = {
        device,
        instant: { at, uptimeMs: this.clock.uptimeMs(), clock: this.clock.state() },
        readings: [{ quantity: 'air_temperature', value, ...why }],
        ...(priority ? { priority } : {}),
      };
      this.outbox.append(observation).then(
        () => (life === this.#life ? this.kept.add(value) : undefined),
        () => undefined,
      );
    }
  }

  /** Lets time pass, and waits for what it brings: one commit may bring the next. */
  async wait(ms = COMMIT_MS): Promise<void> {
    await this.clock.advance(ms);
    for (let [before, calm] = ['', 0]; calm < 3; ) {
      const now = JSON.stringify([await this.outbox.stats(), this.kept.size, this.events.length]);
      await turn();
      calm = now === before ? calm + 1 : 0;
      before = now;
    }
  }

  /** Tells a platform these rows, without an answer. */
  tell(uplink: string, rows: readonly Row[]): void {
    this.told[uplink]?.push(...rows.map((row) => seen(this.#encoding.row(row))));
  }

  /** Tells a platform everything that it can be told, and settles it. */
  async drain(uplink: string): Promise<void> {
    for (let idle = 0; idle < 8; ) {
      if ((await this.outbox.stats()).backlog[uplink] === 0) return;
      const rows = await leaseAny(this.outbox, uplink, 1000);
      // Where rows are gone, it may take a few looks to come by them.
      idle = rows.length === 0 ? idle + 1 : 0;
      this.tell(uplink, rows);
      this.outbox.acknowledge(uplink, idsOf(rows));
    }
  }

  async restart(ways: Ways = this.ways): Promise<void> {
    await this.outbox.close();
    await this.reopen(ways);
  }

  /** Opens what was closed. */
  reopen(ways: Ways = this.ways): Promise<void> {
    this.ways = ways;
    return this.#open();
  }

  /** The power goes: what is on the disk is all there is. */
  async crash(ways: Ways = this.ways): Promise<void> {
    await this.outbox.stats();
    const left = copyWhileOpen(this.path);
    this.#life += 1;
    await this.outbox.close();
    this.path = left;
    this.ways = ways;
    await this.#open();
  }

  /** The program ends without a word: what is on the disk and in memory stays. */
  async kill(ways: Ways = this.ways): Promise<void> {
    await this.outbox.stats();
    const left = copyWhileOpen(this.path);
    const [slate, moved] = [this.path, left].map((path) => placeOfSlate(path, this.memoryDirectory) ?? '');
    if (slate && moved && existsSync(slate)) copyFileSync(slate, moved);
    this.#life += 1;
    await this.outbox.close();
    this.path = left;
    await this.reopen(ways);
  }

  /** Tells everything to everybody, and says what is wrong with what each platform has heard over all lives. */
  async verdicts(): Promise<string[]> {
    await this.wait();
    for (const uplink of this.uplinks) this.outbox.release(uplink);
    for (const uplink of this.uplinks) await this.drain(uplink);
    await this.wait();
    const { heads, backlog } = await this.outbox.stats();
    return this.uplinks.flatMap((uplink) => {
      const state = { isOnline: true, at: this.clock.now(), clock: this.clock.state(), heads, backlog: 0 };
      const encoding = feedJson({ root: 'feed', owner: 'asten', gateway: 'gw01', epoch: this.outbox.epoch });
      const last = seen(encoding.state({ ...state, startedAt: 0, wasClean: true }));
      const told = this.told[uplink] ?? [];
      const found = judged([...told, last]);
      if (backlog[uplink] !== 0) found.push(`${backlog[uplink]} rows are left`);
      const values = this.values(uplink);
      const missing = [...this.kept].filter((value) => !values.has(value)).length;
      if (missing > this.lost(uplink))
        found.push(`${missing} that were kept did not come, ${this.lost(uplink)} are lost`);
      return found.slice(0, 8).map((what) => `${uplink}: ${what}`);
    });
  }

  /** The values that a platform was told. */
  values(uplink: string): Set<number | null> {
    const observations = (this.told[uplink] ?? []).filter(({ topic }) => topic.endsWith('/obs'));
    return new Set(
      observations.flatMap(({ payload }) => (JSON.parse(payload) as FeedObservation).obs.map(({ v }) => v)),
    );
  }

  /** The ranges that a platform was told are lost. */
  losses(uplink: string): FeedLoss['lost'][number][] {
    const losses = (this.told[uplink] ?? []).filter(({ topic }) => topic.endsWith('/loss'));
    return losses.flatMap(({ payload }) => (JSON.parse(payload) as FeedLoss).lost);
  }

  lost(uplink: string, reason?: string): number {
    const ranges = this.losses(uplink).filter((range) => reason === undefined || range.reason === reason);
    return ranges.reduce((sum, { from, to }) => sum + to - from + 1, 0);
  }

  async #open(): Promise<void> {
    const { path, clock, memoryDirectory } = this;
    const report = (event: StoreEvent) => this.events.push(event);
    const given = { commitMs: COMMIT_MS, uplinks: ['city', 'region'], bootId: 'boot', memoryDirectory, ...this.ways };
    this.outbox = await openSqliteOutbox({ ...given, path, clock, report });
  }
}
