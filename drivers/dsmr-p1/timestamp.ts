/**
 * The time stamps of a P1 telegram: `YYMMDDhhmmssX` in the local time of the Netherlands, where X says whether summer
 * time (S) or winter time (W) was in force. Belgium, Luxembourg and Hungary keep the same time.
 */

const STAMP = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)([SW]?)$/i;

const HOUR_MS = 3_600_000;

/** The first meters of this kind are of 2008: a stamp before that comes from a clock that was never set. */
const FIRST_METER_AT = Date.UTC(2008, 0, 1);

/**
 * The stamp's moment in UTC milliseconds; undefined for one that is no date: meters write `632525252525S` where there
 * is none. DSMR 2.2 and 3.0 write no S or W. The hour that comes twice in October is then taken for its first coming
 * (summer time): so a stamp may be an hour too old, but is never in the future.
 */
export function momentOf(stamp: string): number | undefined {
  const [, yy, ...rest] = STAMP.exec(stamp) ?? [];
  const season = rest.pop()?.toUpperCase();
  const [month = 0, day = 0, hour = 0, minute = 0, second = 0] = rest.map(Number);
  // A meter that counts from 1970 writes 70.
  const year = Number(yy) + (Number(yy) < 70 ? 2000 : 1900);
  const local = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  if (local.getUTCMonth() !== month - 1 || local.getUTCDate() !== day || local.getUTCHours() !== hour) return undefined;

  const asSummer = local.getTime() - 2 * HOUR_MS;
  const isSummer = season ? season === 'S' : isSummerTime(asSummer);
  return isSummer ? asSummer : asSummer + HOUR_MS;
}

/** False for a moment that only a clock that was never set would tell: 1970 and 2000 are what meters start from. */
export function isFromSetClock(at: number): boolean {
  return at >= FIRST_METER_AT;
}

/** The stamp of a moment, as DSMR 4 and later write it. */
export function stampOf(at: number): string {
  const isSummer = isSummerTime(at);
  const local = new Date(at + (isSummer ? 2 : 1) * HOUR_MS).toISOString();
  return local.slice(2, 19).replaceAll(/\D/g, '') + (isSummer ? 'S' : 'W');
}

/** Directive 2000/84/EC: summer time is from 01:00 UTC on the last Sunday of March until that of October. */
function isSummerTime(at: number): boolean {
  const year = new Date(at).getUTCFullYear();
  return at >= lastSundayAt(year, 2) && at < lastSundayAt(year, 9);
}

/** 01:00 UTC on the last Sunday of a month of 31 days. */
function lastSundayAt(year: number, month: number): number {
  const last = new Date(Date.UTC(year, month, 31, 1));
  return last.setUTCDate(31 - last.getUTCDay());
}
