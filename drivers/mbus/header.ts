/** Whose telegram it is and in which state the meter is: EN 13757-3, "Data header". */
import type { Identity } from '../../src/driver-kit.ts';
import type { Records } from './records.ts';

/** Whose telegram it is, and what the meter says of its own state. */
export interface Header {
  /** Eight digits, as they stand on the meter; some makers use hexadecimal ones. */
  readonly id: string;
  /** Three letters, registered with the FLAG association; absent in the fixed structure. */
  readonly manufacturer?: string;
  /** Of the meter's design; what it counts is the maker's affair. */
  readonly version?: number;
  /** "Device type": what is measured. */
  readonly medium: number;
  /** As the secondary address has them: id, manufacturer, version, medium. */
  readonly secondary: Uint8Array;
}

/** "Status field". */
export interface Status {
  readonly application: 'none' | 'busy' | 'error' | 'abnormal';
  readonly isPowerLow: boolean;
  readonly hasPermanentError: boolean;
  readonly hasTemporaryError: boolean;
}

/** One intact telegram. `header` is absent where the CI says so. */
export interface Telegram extends Records {
  readonly header?: Header;
  readonly status: Status;
}

/** What is told of the meter in the device's descriptor. */
export function identityOf(header: Header | undefined): Identity {
  if (!header) return {};
  const { id, manufacturer, version } = header;
  return { ...(manufacturer && { part: `${manufacturer} ${version}` }), serialNumber: id };
}

/** "Status field" of the variable structure. */
export function statusOf(status: number): Status {
  return {
    application: (['none', 'busy', 'error', 'abnormal'] as const)[status & 0x03] ?? 'none',
    isPowerLow: (status & 0x04) !== 0,
    hasPermanentError: (status & 0x08) !== 0,
    hasTemporaryError: (status & 0x10) !== 0,
  };
}

/** Eight digits, from bytes with the low one first. */
export function digitsOf(bytes: Uint8Array): string {
  return Array.from(bytes.toReversed(), hexByte).join('').toUpperCase();
}

/** "Manufacturer identification": three letters of five bits each. */
export function lettersOf(code: number): string {
  return String.fromCharCode(...[10, 5, 0].map((shift) => 64 + ((code >> shift) & 0x1f)));
}

const hexByte = (byte: number) => byte.toString(16).padStart(2, '0');
