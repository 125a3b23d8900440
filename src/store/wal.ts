import { readFileSync } from 'node:fs';

/** SQLite's file format, "The Write-Ahead Log": sizes of the log's header and of that of each frame. */
const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const MAGIC_LITTLE_ENDIAN = 0x377f0682;

type Sums = readonly [number, number];

/**
 * True where the write-ahead log holds commits that SQLite would pass over in silence, because what comes before them is
 * damaged. One commit behind the first bad frame is what a power cut leaves: its sync had not returned. Two are damage:
 * the sync of the first had.
 */
export function isLogDamaged(path: string): boolean {
  const log = readFileSync(path);
  if (log.length <= HEADER_BYTES) return false;
  const isLittleEndian = log.readUInt32BE(0) === MAGIC_LITTLE_ENDIAN;
  const pageBytes = log.readUInt32BE(8);
  const isMagic = log.readUInt32BE(0) >>> 1 === MAGIC_LITTLE_ENDIAN >>> 1;
  let sums = summed(log.subarray(0, 24), [0, 0], isLittleEndian);
  // The header is synced before the first frame is written, and lies in one sector.
  if (!isMagic || !isSaid(log, 24, sums)) return true;
  const frameBytes = FRAME_HEADER_BYTES + pageBytes;
  let isBroken = false;
  let commits = 0;
  for (let at = HEADER_BYTES; at + frameBytes <= log.length; at += frameBytes) {
    const isOfThisLog = log.compare(log, 16, 24, at + 8, at + 16) === 0;
    if (!isBroken) {
      sums = summed(log.subarray(at, at + 8), sums, isLittleEndian);
      sums = summed(log.subarray(at + FRAME_HEADER_BYTES, at + frameBytes), sums, isLittleEndian);
      isBroken = !isOfThisLog || !isSaid(log, at + 16, sums);
    }
    if (isBroken && isOfThisLog && log.readUInt32BE(at + 4) !== 0) commits += 1;
  }
  return commits > 1;
}

const isSaid = (log: Buffer, at: number, [first, second]: Sums) =>
  log.readUInt32BE(at) === first && log.readUInt32BE(at + 4) === second;

/** "Checksum Algorithm" of the log. */
function summed(bytes: Buffer, [first, second]: Sums, isLittleEndian: boolean): Sums {
  let [a, b] = [first, second];
  for (let at = 0; at < bytes.length; at += 8) {
    a = (a + (isLittleEndian ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at)) + b) >>> 0;
    b = (b + (isLittleEndian ? bytes.readUInt32LE(at + 4) : bytes.readUInt32BE(at + 4)) + a) >>> 0;
  }
  return [a, b];
}
