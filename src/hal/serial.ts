/** How bytes stand on a serial line. */
export interface LineSettings {
  readonly baudRate: number;
  readonly dataBits: 7 | 8;
  readonly parity: 'none' | 'even' | 'odd';
  readonly stopBits: 1 | 2;
}

/** One device on a serial line, which it may share with others (RS-485). Failures are SensorErrors. */
export interface SerialDevice {
  /** The device's address on a shared line; drivers of parts that stand alone do not look at it. */
  readonly address: number;
  /** The rate that the line runs at; silent gaps are counted in characters. */
  readonly baudRate: number;
  /** Resolves when the last byte has been handed to the line. */
  write(bytes: Uint8Array): Promise<void>;
  /** The bytes that came in since the last read, at least one; SensorError `timeout` if none comes within `withinMs`. */
  read(withinMs: number, signal?: AbortSignal): Promise<Uint8Array>;
  /** Forgets what came in unread. */
  discard(): void;
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  /** Milliseconds since boot, for deadlines; never steps back. */
  uptimeMs(): number;
}

/** One serial line. It opens itself at first use, and again after it was unplugged. */
export interface SerialLine {
  device(address: number): SerialDevice;
  close(): Promise<void>;
}
