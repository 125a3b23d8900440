/** The files that the kernel's thermometer driver (w1_therm) keeps for a part; older kernels have the first only. */
export type OneWireFile = 'w1_slave' | 'temperature' | 'resolution' | 'ext_power';

/** One part on a 1-Wire bus, as the kernel shows it: a folder of small text files. Failures are SensorErrors. */
export interface OneWireDevice {
  /** The part's 64-bit number without its checksum, as the kernel writes it: family, hyphen, serial number. */
  readonly id: string;
  /**
   * What the file says now; undefined where this kernel has no such file. Reading a temperature makes the part measure,
   * which takes up to 750 ms. SensorError `no-acknowledge` where the part is not on the bus.
   */
  read(file: OneWireFile): Promise<string | undefined>;
}

/** One 1-Wire bus. The kernel talks on it by itself; conversations are queued by `sampling/`. */
export interface OneWireBus {
  /** The numbers of the parts that the kernel has found; SensorError `bus` where there is no such bus. */
  list(): Promise<readonly string[]>;
  device(id: string): OneWireDevice;
  close(): Promise<void>;
}
