import { dirname } from 'node:path';
import type { Clock } from '../hal/clock.ts';
import type { Memory } from '../hal/memory.ts';
import type { Loss } from '../model/loss.ts';
import { type Range, rangesOf } from '../model/number-set.ts';
import type { Observation } from '../model/observation.ts';
import { ClockWait } from './clock-wait.ts';
import { Committer } from './committer.ts';
import { type Cursors, cursorsOf } from './cursors.ts';
import { makeDirectory } from './disk.ts';
import { FileThread } from './file-thread.ts';
import { Keeper } from './keeper.ts';
import { Leases } from './leases.ts';
import { Ledger } from './ledger.ts';
import { limitsOf } from './limits.ts';
import { LossTally } from './loss-tally.ts';
import { declarations } from './losses.ts';
import { type MemoryKind, memoryKey } from './memories.ts';
import { type HandedOver, type Movable, MovingOutbox } from './moving-outbox.ts';
import { lossRows, newRow } from './new-row.ts';
import type { Lane, LastRun, Outbox, OutboxStats, Row, StoreEvent } from './outbox.ts';
import { Recent } from './recent.ts';
import { Room } from './room.ts';
import { type Slate, slateFor } from './slate.ts';
import type { Opened } from './sqlite-file.ts';
import { Stats } from './stats.ts';

/** How the outbox keeps. */
export interface SqliteOutboxOptions {
  /** The database file; its directory is made if need be. */
  readonly path: string;
  /** The longest time that an observation waits to be made durable, in milliseconds: one commit per so much time. */
  readonly commitMs: number;
  readonly uplinks: readonly string[];
  readonly bootId: string;
  readonly clock: Clock;
  /** The most that the file and its log may take; absent: as much as there is. */
  readonly quotaBytes?: number;
  /** Before anything is dropped entirely, of each device every n-th observation of the backlog stays. */
  readonly thinning?: number;
  /** `after-ack`: told first, and kept only if not everybody has it after a period. */
  readonly durability?: 'commit' | 'after-ack';
  /** How long rows wait for the clock to be set; absent: they are told as they are. */
  readonly clockWaitMs?: number;
  readonly report?: (event: StoreEvent) => void;
  /** Where it goes on while the disk takes nothing, and notes what is acknowledged; absent: in memory, if it can. */
  readonly memoryDirectory?: string;
}

/** The outbox in SQLite, one transaction per commit interval, written by a thread of its own. */
export async function openSqliteOutbox(options: SqliteOutboxOptions): Promise<Outbox> {
  const { path, uplinks, bootId, clock, quotaBytes, memoryDirectory, report = () => undefined } = options;
  const losses = new LossTally();
  makeDirectory(dirname(path));
  const thread = new FileThread(
    {
      path,
      uplinks,
      bootId,
      startedAt: clock.now(),
      ...(quotaBytes === undefined ? {} : { quotaBytes }),
      ...(memoryDirectory === undefined ? {} : { memoryDirectory }),
    },
    report,
  );
  const opened = await thread.opened;
  const ways = { ...options, report: losses.hearing(report), losses, flee: (): Promise<boolean> => outbox.flee() };
  const open = (found: Opened) => new SqliteOutbox(ways, thread, found);
  const first = open(opened);
  const outbox = new MovingOutbox({ flee: () => thread.ask('flee', undefined), open }, first);
  await first.begin(opened);
  return outbox;
}

interface Ways extends SqliteOutboxOptions {
  /** True where another outbox has taken over. */
  flee(): Promise<boolean>;
  /** Of the whole run, whichever outbox it was. */
  readonly losses: LossTally;
}

class SqliteOutbox implements Movable {
  readonly epoch: string;
  readonly lastRun: LastRun;
  readonly #opened: Opened;
  readonly #clock: Clock;
  readonly #thread: FileThread;
  readonly #losses: LossTally;
  readonly #stats: Stats;
  readonly #isAfterAck: boolean;
  readonly #slate: Slate | undefined;
  readonly #cursors: Cursors;
  readonly #memories: Map<string, string>;
  readonly #recent = new Recent();
  readonly #ledger: Ledger;
  readonly #room: Room;
  readonly #clockWait: ClockWait;
  readonly #keeper: Keeper;
  readonly #committer: Committer;
  readonly #leases: Leases;

  constructor(options: Ways, thread: FileThread, opened: Opened) {
    const { clock, commitMs, uplinks, clockWaitMs = 0, thinning, flee, report = () => undefined } = options;
    this.epoch = opened.epoch;
    this.lastRun = opened.lastRun;
    this.#opened = opened;
    this.#clock = clock;
    this.#thread = thread;
    this.#losses = options.losses;
    this.#isAfterAck = options.durability === 'after-ack' && uplinks.length > 0;
    this.#memories = new Map(Object.entries(opened.memories));
    this.#slate = this.#isAfterAck ? undefined : slateFor(options, opened);
    this.#cursors = cursorsOf(uplinks, opened, this.#slate);
    this.#ledger = new Ledger(opened.epoch, opened.devices, { lastId: opened.newestId, isAhead: this.#isAfterAck });
    const ways = {
      clock,
      commitMs,
      thread,
      limits: limitsOf(options.quotaBytes),
      report,
      cursors: this.#cursors,
      recent: this.#recent,
      ledger: this.#ledger,
      isAfterAck: this.#isAfterAck,
    };
    this.#room = new Room({ ...ways, thinning });
    this.#clockWait = new ClockWait({ ...ways, waitMs: clockWaitMs, bootFromId: opened.bootFromId }, opened.newestId);
    this.#keeper = new Keeper({ ...ways, clockWait: this.#clockWait, ask: (haste) => this.#committer.ask(haste) });
    this.#committer = new Committer({ ...ways, flee, keeper: this.#keeper, room: this.#room });
    const keptBack = [this.#clockWait.held, this.#room.doomed];
    this.#stats = new Stats({ ...ways, ...options, keeper: this.#keeper, room: this.#room });
    this.#leases = new Leases({ ...ways, keeper: this.#keeper, committer: this.#committer, keptBack });
  }

  /** Declares what the file owes, durably, before anything is told. */
  async begin({ owed, cursors, size }: Opened): Promise<void> {
    this.#room.noteSize(size);
    this.#losses.declared(...owed);
    await this.#clockWait.begin(this.#keeper, this.#ledger.lastId);
    const declared = this.#keeper.declare(owed, { isUrgent: true });
    for (const name of this.#cursors.all.keys()) if (!(name in cursors)) this.#cursors.changed(name);
    if (owed.length > 0) {
      this.#committer.ask('now');
      await declared;
    }
  }

  append(observation: Observation): Promise<void> {
    return this.#keeper.keep(newRow(observation));
  }

  async declareLoss(loss: Loss): Promise<void> {
    this.#losses.declared(loss);
    await Promise.all(lossRows(loss).map((row) => this.#keeper.keep(row)));
  }

  memory(device: string, kind: MemoryKind = 'driver'): Memory {
    const key = memoryKey({ device, kind });
    return {
      load: async () => this.#memories.get(key),
      save: async (text) => {
        this.#memories.set(key, text);
        this.#committer.remember(key, text);
      },
    };
  }

  lease(uplink: string, lane: Lane, limit: number, signal: AbortSignal): Promise<readonly Row[]> {
    return this.#leases.next(uplink, { lane, limit }, signal);
  }

  acknowledge(uplink: string, ids: readonly number[]): void {
    const settled = this.#settle(uplink, ids);
    if (settled.length > 0) this.#slate?.note(uplink, settled);
  }

  giveBack(uplink: string, ids: readonly number[]): void {
    this.#cursors.of(uplink).giveBack(ids);
    this.#keeper.changed.wake();
  }

  async refuse(uplink: string, all: readonly Row[]): Promise<void> {
    const cursor = this.#cursors.of(uplink);
    // In a refuge, of copies only the file on the disk can declare a loss; until then they stay as they are.
    const rows = this.#opened.isRefuge ? all.filter(({ epoch }) => epoch === this.epoch) : all;
    // In the same commit: told again after a power cut, the row would be lost and delivered.
    const declared = declarations(rows, new Map([[uplink, cursor]]), 'refused');
    this.#losses.declared(...declared);
    const kept = this.#keeper.declare(
      declared.map((loss) => ({ ...loss, lost: loss.lost.map((range) => ({ ...range, only: [uplink] })) })),
      { isUrgent: true },
    );
    // Not noted before that either: after the end of the program it would be settled, and nobody would have declared it.
    this.#settle(
      uplink,
      rows.map(({ id }) => id),
    );
    this.#committer.cursorChanged(uplink);
    await kept;
  }

  release(uplink: string): void {
    this.#cursors.of(uplink).release();
    this.#committer.cursorChanged(uplink);
    this.#keeper.changed.wake();
  }

  async stats(): Promise<OutboxStats> {
    const stats = await this.#stats.read();
    return this.#committer.isFailing ? { ...stats, isRefused: true } : stats;
  }

  handOver(): HandedOver {
    this.#committer.leave();
    this.#slate?.end();
    // A correction under way ends by itself.
    void this.#clockWait.end();
    const cursors = Array.from(this.#cursors.all, ([name, cursor]) => {
      cursor.release();
      return [name, cursor.state] as const;
    });
    const { pending, lastId } = this.#keeper;
    const memories = Object.fromEntries(this.#memories);
    return { cursors: Object.fromEntries(cursors), memories, pending: pending.all, lastId };
  }

  async takeOver({ pending, memories }: HandedOver): Promise<void> {
    for (const name of this.#cursors.all.keys()) this.#cursors.changed(name);
    for (const [key, text] of Object.entries(memories)) this.#committer.remember(key, text);
    this.#keeper.adopt(pending);
    this.#committer.ask('now');
    await this.begin({ ...this.#opened, owed: [] });
  }

  async close(): Promise<void> {
    await this.#clockWait.end();
    await this.#committer.close();
    this.#slate?.end();
    await this.#thread.ask('close', { stoppedAt: this.#clock.now() });
  }

  #settle(uplink: string, ids: readonly number[]): readonly Range[] {
    const cursor = this.#cursors.of(uplink);
    const settled = rangesOf(ids).filter((range) => cursor.settle(range));
    if (settled.length === 0) return settled;
    if (!this.#isAfterAck || this.#keeper.settled(ids)) this.#committer.cursorChanged(uplink);
    else this.#cursors.changed(uplink);
    return settled;
  }
}
