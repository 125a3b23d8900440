import type { DeviceNumbers, KeptRow } from './commit.ts';
import type { NewRow } from './new-row.ts';

/** Numbers that are reserved at a time where rows may be told before they are kept. */
const BLOCK = 10_000;

/** The numbers of one device in one epoch. */
interface Account {
  readonly epoch: string;
  readonly name: string;
  /** The last number given. */
  given: number;
  /** Every number up to here is durable, or was told to all. */
  complete: number;
  /** The highest number that is durable. */
  top: number;
  /** As it stands in the file; undefined: it does not. */
  written: Pick<DeviceNumbers, 'head' | 'complete'> | undefined;
}

/** What a commit is to make durable. */
export interface Durable {
  readonly rows: readonly KeptRow[];
  /** Rows before which nothing is left to keep. */
  readonly passed: readonly KeptRow[];
  /** Nothing is reserved any more. */
  readonly isLast: boolean;
}

/** Gives each row its id and its number, and knows how far they have become durable. */
export class Ledger {
  readonly #epoch: string;
  readonly #isAhead: boolean;
  readonly #epochs = new Map<string, Map<string, Account>>();
  #lastId: number;

  /** `isAhead`: numbers are reserved durably before they are used, for rows that are told before they are kept. */
  constructor(epoch: string, devices: readonly DeviceNumbers[], { lastId = 0, isAhead = false } = {}) {
    this.#epoch = epoch;
    this.#isAhead = isAhead;
    this.#lastId = lastId;
    for (const { head, complete, ...device } of devices) {
      Object.assign(this.#account(device.epoch, device.name), {
        given: head,
        complete: complete ?? head,
        top: head,
        written: { head, complete },
      });
    }
  }

  /** The last id given. */
  get lastId(): number {
    return this.#lastId;
  }

  /** Gives the next id, and the next number of the row's device in `epoch`. */
  give(row: NewRow, epoch: string = this.#epoch): KeptRow {
    const account = this.#account(epoch, row.device);
    account.given += 1;
    this.#lastId += 1;
    return { id: this.#lastId, epoch, sequence: account.given, ...row };
  }

  /** Gives a row another number; a loss speaks of the numbers of its epoch, and stays in it. */
  giveNumber(row: KeptRow): KeptRow {
    const epoch = row.kind === 'loss' ? row.epoch : this.#epoch;
    const account = this.#account(epoch, row.device);
    account.given += 1;
    return { ...row, epoch, sequence: account.given };
  }

  /** The row's number is used. */
  keepNumber(row: KeptRow): KeptRow {
    const account = this.#account(row.epoch, row.device);
    account.given = Math.max(account.given, row.sequence);
    return row;
  }

  /** The last number of each device of this epoch: of those that are durable, or of all. */
  heads(which: 'complete' | 'given'): Record<string, number> {
    const current = [...(this.#epochs.get(this.#epoch)?.values() ?? [])];
    return Object.fromEntries(current.map((account) => [account.name, account[which]]));
  }

  /** True where the file knows that the row's number is used. */
  isReserved({ epoch, device, sequence }: KeptRow): boolean {
    return sequence <= headOf(this.#account(epoch, device));
  }

  /** True where the numbers reserved for the row's device run short. */
  isShort({ epoch, device }: KeptRow): boolean {
    return isShort(this.#account(epoch, device));
  }

  /** The device must be known to the file: it has something to remember. */
  know(device: string): void {
    this.#account(this.#epoch, device);
  }

  /** What a commit must write of the devices; those of its rows are among them. */
  due({ rows, passed, isLast }: Durable): DeviceNumbers[] {
    const tops = new Map<Account, number>();
    const completes = new Map<Account, number>();
    for (const { epoch, device, sequence } of rows) {
      const account = this.#account(epoch, device);
      tops.set(account, Math.max(tops.get(account) ?? 0, sequence));
    }
    for (const { epoch, device, sequence } of passed) completes.set(this.#account(epoch, device), sequence);
    const all = Array.from(this.#epochs.values(), (accounts) => [...accounts.values()]).flat();
    // One is short: all are topped up, as one page holds many.
    const isReserving = this.#isAhead && !isLast && all.some((one) => one.epoch === this.#epoch && isShort(one));
    return all.flatMap((account): DeviceNumbers[] => {
      const { epoch, name, written } = account;
      const upTo = Math.max(account.complete, completes.get(account) ?? 0);
      const used = Math.max(upTo, account.top, tops.get(account) ?? 0);
      const reserved = this.#reserved(account, { isReserving, isLast });
      const head = Math.max(used, reserved);
      const complete = upTo < head ? upTo : null;
      const isKnown = written?.head === head && written.complete === complete && !tops.has(account);
      return isKnown ? [] : [{ epoch, name, head, complete }];
    });
  }

  /** The commit is durable. */
  committed({ rows, passed }: Durable, devices: readonly DeviceNumbers[]): void {
    for (const { epoch, device, sequence } of rows) {
      const account = this.#account(epoch, device);
      account.top = Math.max(account.top, sequence);
    }
    this.pass(passed);
    for (const { epoch, name, head, complete } of devices) this.#account(epoch, name).written = { head, complete };
  }

  /** These rows, and all before them, are durable or were told to all. */
  pass(rows: readonly KeptRow[]): void {
    for (const { epoch, device, sequence } of rows) {
      const account = this.#account(epoch, device);
      account.complete = Math.max(account.complete, sequence);
    }
  }

  #reserved(account: Account, how: { readonly isReserving: boolean; readonly isLast: boolean }): number {
    if (!this.#isAhead || how.isLast || account.epoch !== this.#epoch) return 0;
    return how.isReserving ? account.given + BLOCK : headOf(account);
  }

  #account(epoch: string, name: string): Account {
    const accounts = this.#epochs.get(epoch) ?? new Map<string, Account>();
    this.#epochs.set(epoch, accounts);
    const account = accounts.get(name) ?? { epoch, name, given: 0, complete: 0, top: 0, written: undefined };
    accounts.set(name, account);
    return account;
  }
}

const headOf = ({ written }: Account) => written?.head ?? 0;
const isShort = (account: Account) => account.given > headOf(account) - BLOCK / 2;
