import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { UplinkConfig } from '../config/config.ts';
import type { Check, Found, Verdict } from './check.ts';

const DAY_MS = 86_400_000;
/** So many days before its end somebody should have renewed it. */
const SOON_DAYS = 14;

/** Our own certificates: from when to when each is valid, and whether its key belongs to it. */
export function certificateChecks(uplinks: readonly UplinkConfig[], now: number): Check[] {
  return uplinks.flatMap(({ name, certificateFile, keyFile }): Check[] => {
    if (certificateFile === undefined) return [];
    const subject = `certificate of ${name}`;
    return [{ subject, look: () => lookAtOurs(subject, { certificateFile, keyFile, now }) }];
  });
}

interface Ours {
  readonly certificateFile: string;
  readonly keyFile: string | undefined;
  readonly now: number;
}

function lookAtOurs(subject: string, { certificateFile, keyFile, now }: Ours): Found[] {
  const certificate = opened(certificateFile, (text) => new X509Certificate(text));
  if (typeof certificate === 'string') return [unreadable(subject, certificate)];
  const { subject: whose, issuer, validFrom, validTo } = certificate;
  const dated = { from: Date.parse(validFrom), to: Date.parse(validTo) };
  const found = datesFound(subject, { ...dated, name: `${oneLine(whose)}, by ${oneLine(issuer)}`, now });
  if (keyFile === undefined) return [found];
  const key = opened(keyFile, (text) => createPrivateKey(text));
  if (typeof key === 'string') return [found, unreadable(subject, key)];
  if (certificate.checkPrivateKey(key)) return [found];
  const what = 'certificateFile and keyFile do not belong together';
  return [found, { subject, verdict: 'wrong', what, hint: 'was only one of them renewed?' }];
}

const unreadable = (subject: string, what: string): Found => {
  return { subject, verdict: 'wrong', what, hint: 'a PEM file is expected (-----BEGIN …), which this user may read' };
};

/** What the file holds, or why it cannot be told; never what stands in it. */
function opened<T>(file: string, read: (text: Buffer) => T): T | string {
  try {
    return read(readFileSync(file));
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException;
    return `${file} cannot be read (${code || 'no PEM'})`;
  }
}

const oneLine = (name: string): string => name.split('\n').join(', ');

/** A certificate's time, in UTC milliseconds, and whose it is. */
export interface Dated {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly now: number;
}

/** Whether a certificate is valid now, and for how much longer. */
export function datesFound(subject: string, { name, from, to, now }: Dated): Found {
  const [first, last, today] = [from, to, now].map((at) => new Date(at).toISOString().slice(0, 10));
  const days = Math.floor((to - now) / DAY_MS);
  const told = (verdict: Verdict, what: string, hint?: string): Found => {
    return { subject, verdict, what: `${name}: ${what}`, ...(hint === undefined ? {} : { hint }) };
  };
  if (now < from) {
    return told('wrong', `valid from ${first} only; here it is ${today}`, 'is the clock right? timedatectl');
  }
  if (now > to)
    return told('wrong', `expired on ${last}; here it is ${today}`, 'renew it; if the date is wrong: timedatectl');
  const text = `valid from ${first} to ${last}, ${days} days left`;
  return days <= SOON_DAYS ? told('warning', text, 'renew it in time') : told('ok', text);
}
