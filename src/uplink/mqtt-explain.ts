import { UplinkError } from './uplink.ts';

/** MQTT 5, 4.13: DISCONNECT 0x8E. Two gateways that came back at once would take the session from each other for ever. */
export const SESSION_TAKEN_OVER = 0x8e;
const DUPLICATE_PAUSE_MS = 10 * 60_000;

/**
 * Something that went wrong on the way to a broker, with a reason code of MQTT or a code of the network's or of TLS;
 * `reason` is OpenSSL's own word, without its addresses and source lines.
 */
export type Failure = Error & { readonly code?: number | string; readonly reason?: string };

const VERSION = 'the broker does not speak MQTT 5: set protocol: 3.1.1';
const PASSWORD = 'check username and passwordFile';
const NOT_ALLOWED = 'check username and passwordFile, and what the broker allows this client';
const CLIENT_ID = 'the broker does not take this clientId: check it';
const NO_WAY = 'no way to that address: is the network up?';
const SILENT = 'what is there takes the connection and does not answer: is the port right, does the broker still work?';
const RENEW =
  'is the clock right (timedatectl)? See from when to when it is valid: openssl x509 -noout -dates -in FILE';
const THEIR_CA = 'set caFile to the CA that signed the broker’s certificate';
const OUR_CERTIFICATE = `the broker refuses certificateFile; ${RENEW}`;
const UNKNOWN_CA = 'the broker does not know the CA that signed certificateFile: is it the right file?';
const CUT_OFF = 'it cuts us off: is that port with TLS (mqtts://) or without (mqtt://), does it know our certificate?';
const NO_PEM = 'caFile, certificateFile and keyFile are PEM files (-----BEGIN …): has one been written half?';
const LOCKED = 'keyFile is locked with a passphrase, which nobody could type here: store it without';

/** By reason code (CONNACK of 3.1.1, of 5, DISCONNECT), by code of the network or of TLS, by the library's words. */
const HINTS: Readonly<Record<string, string>> = {
  1: VERSION,
  2: CLIENT_ID,
  4: PASSWORD,
  5: NOT_ALLOWED,
  132: VERSION,
  133: CLIENT_ID,
  134: PASSWORD,
  135: NOT_ALLOWED,
  138: 'the broker has banned this client: ask who runs it',
  142: 'duplicate identity: another gateway uses the same clientId (a copied SD card?)',
  149: 'a message was larger than the broker takes: set batches: never',
  ECONNREFUSED: 'nothing listens there: is the broker running, is the port right?',
  'cut off': CUT_OFF,
  ENOTFOUND: 'the name is unknown: check url and DNS',
  EAI_AGAIN: 'no name server answers: is the network up?',
  EHOSTUNREACH: NO_WAY,
  ENETUNREACH: NO_WAY,
  ETIMEDOUT: NO_WAY,
  'connack timeout': SILENT,
  'Keepalive timeout': 'the line is dead, though nothing said so: is the network up?',
};

const TLS_HINTS: Readonly<Record<string, string>> = {
  CERT_NOT_YET_VALID: `the broker’s certificate is for later; ${RENEW}`,
  CERT_HAS_EXPIRED: `the broker’s certificate is over, whoever runs it must renew it; ${RENEW}`,
  CERT_REVOKED: 'the broker’s certificate was revoked: ask who runs it',
  SELF_SIGNED_CERT_IN_CHAIN: THEIR_CA,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: THEIR_CA,
  UNABLE_TO_GET_ISSUER_CERT: THEIR_CA,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: THEIR_CA,
  CERT_SIGNATURE_FAILURE: THEIR_CA,
  DEPTH_ZERO_SELF_SIGNED_CERT: 'set caFile to the broker’s own certificate',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the broker’s certificate is for another name: check url',
  ERR_SSL_WRONG_VERSION_NUMBER: 'that port is without TLS: write mqtt://, or the TLS port, usually 8883',
  EPROTO: 'that port is without TLS: write mqtt://, or the TLS port, usually 8883',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: OUR_CERTIFICATE,
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED:
    'certificateFile was revoked: put a new certificate there; no restart needed',
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: OUR_CERTIFICATE,
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: OUR_CERTIFICATE,
  ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
    'the broker refuses certificateFile: it was not made for a client (extendedKeyUsage clientAuth)',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: UNKNOWN_CA,
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'the broker asks for a certificate: set certificateFile and keyFile',
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE:
    'the broker asks for a certificate, or for other TLS than ours: certificateFile',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'the broker does not speak TLS 1.2 or newer: it must be renewed',
  ERR_OSSL_PEM_NO_START_LINE: NO_PEM,
  ERR_OSSL_PEM_BAD_BASE64_DECODE: NO_PEM,
  ERR_OSSL_PEM_BAD_END_LINE: NO_PEM,
  ERR_OSSL_X509_KEY_VALUES_MISMATCH: 'certificateFile and keyFile do not belong together: was only one renewed?',
  ERR_OSSL_UNSUPPORTED: NO_PEM,
  ERR_OSSL_BAD_DECRYPT: LOCKED,
  ERR_MISSING_PASSPHRASE: LOCKED,
};

/** Which uplink, without what its address might give away. */
export function whereTo({ name, url }: { readonly name: string; readonly url: string }): string {
  return `${name} (${url.replace(/\/\/[^/]*@/, '//')})`;
}

/** Why a connection ended, or was not made, in the operator's words. */
export function explain(
  to: { readonly name: string; readonly url: string },
  failure: Failure | undefined,
): UplinkError {
  const where = whereTo(to);
  if (!failure) return new UplinkError(`${where}: the connection was closed`, '');
  const { code, message, reason } = failure;
  const hint = TLS_HINTS[`${code}`] ?? HINTS[`${code ?? message}`] ?? '';
  const leaveAloneMs = code === SESSION_TAKEN_OVER ? DUPLICATE_PAUSE_MS : 0;
  return new UplinkError(`${where}: ${reason || message || code}`, hint, { cause: failure, leaveAloneMs });
}

/** A connection that was closed or reset before the broker had answered; anything else says more than this. */
export function cutOff(failure: Failure | undefined): Failure {
  if (failure && !['ECONNRESET', 'EPIPE'].includes(`${failure.code}`)) return failure;
  const error = new Error('the connection was closed before the broker answered', { cause: failure });
  return Object.assign(error, { code: 'cut off' });
}

/** CONNACK of 3.1.1 (4, 5) and of MQTT 5: bad user name or password, not authorized, banned, bad method. */
const REFUSALS: readonly (number | string)[] = [4, 5, 134, 135, 138, 140];
/** The way, not who we are. */
const NETWORK = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT']);

/**
 * Whether other credentials might have been let in. Where a connection is cut off without a word before the broker has
 * answered, they might: that is how some end a TLS 1.3 handshake that they do not like.
 */
export function mayBeAboutCredentials(error: UplinkError): boolean {
  const { code, message } = (error.cause ?? {}) as Partial<Failure>;
  if (typeof code === 'number') return REFUSALS.includes(code);
  return !NETWORK.has(`${code}`) && message !== 'connack timeout';
}
