/** How a simulated meter writes its data: EN 13757-3, annex A. */

/** Type A: `bytes` times two digits, low byte first; a high digit of F for a minus sign. */
export function bcdOf(value: number, bytes: number): number[] {
  const digits = Math.abs(Math.round(value))
    .toString()
    .padStart(bytes * 2, '0');
  const signed = value < 0 ? `f${digits.slice(1)}` : digits;
  return Array.from(Buffer.from(signed, 'hex')).toReversed();
}

/** Type B: two's complement, low byte first. */
export function integerOf(value: number, bytes: number): number[] {
  const bits = BigInt.asUintN(bytes * 8, BigInt(Math.round(value)));
  return Array.from({ length: bytes }, (_, index) => Number((bits >> BigInt(8 * index)) & 0xffn));
}

/** Type F, in Central European winter time. */
export function typeF(at: number): number[] {
  const local = new Date(at + 3_600_000);
  const year = local.getUTCFullYear() - 2000;
  return [
    local.getUTCMinutes(),
    local.getUTCHours(),
    local.getUTCDate() | ((year & 0x07) << 5),
    (local.getUTCMonth() + 1) | ((year >> 3) << 4),
  ];
}
