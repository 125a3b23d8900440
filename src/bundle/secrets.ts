/** What stands in the place of a secret. */
export const MASK = '•••';

/** A word in a key that says that its value is nobody's business. */
const SECRET_WORD = 'pass(?:word|phrase|wd)?|secret|token|api[-_]?key|credential|auth(?:orization)?|psk|key';
/** `passwordFile` names a file, and `keyFile` does: a path is no secret. */
const SECRET_KEY = new RegExp(`(?:${SECRET_WORD})s?$`, 'i');
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g;
const USERINFO = /(\b[a-z][a-z0-9+.-]*:\/\/)([^\s/@'"]+)@/gi;
/** `password=…`, `"token": "…"`, with quotes that another text has escaped, too. */
const QUOTE = String.raw`(?:\\*["'])?`;
const VALUE = String.raw`(?:Basic|Bearer)\s+[^\s,;"'\\]+|\\*"[^"]*"|'[^']*'|[^\s,;}\]]+`;
const PAIR = new RegExp(
  String.raw`((?:^|[^A-Za-z])${QUOTE}[\w.-]*(?:${SECRET_WORD})${QUOTE}\s*[=:]\s*)(?:${VALUE})`,
  'gi',
);

/** Shorter ones are words that stand everywhere. */
const LEAST_BYTES = 4;

export const isSecretKey = (key: string): boolean => SECRET_KEY.test(key);

/** Takes everything out of a text that is, or looks like, a secret: whatever was told to it, in whatever form. */
export class Masker {
  readonly #known = new Set<string>();

  /** A secret, as it stands in its file; each of its lines is one, too, as those of a key are. */
  learn(secret: string): void {
    const lines = secret.split(/\r?\n/).map((line) => line.trim());
    for (const one of [secret.trim(), ...lines]) {
      if (Buffer.byteLength(one) < LEAST_BYTES || /^-----.*-----$/.test(one)) continue;
      for (const form of formsOf(one)) this.#known.add(form);
    }
  }

  /** The text without them. */
  masked(text: string): string {
    let left = text.replaceAll(PRIVATE_KEY, MASK).replaceAll(USERINFO, `$1${MASK}@`).replaceAll(PAIR, `$1${MASK}`);
    // The longest first: one may be a part of another.
    for (const form of [...this.#known].toSorted((a, b) => b.length - a.length)) {
      left = left.replaceAll(new RegExp(form.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'gi'), MASK);
    }
    return left;
  }
}

/** A secret as it may come by: plain, escaped for JSON or a URL, in hexadecimal, in base64, alone or in a longer text. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    bytes.toString('hex'),
    bytes.toString('base64'),
    bytes.toString('base64url'),
    ...[0, 1, 2].flatMap((before) => base64Within(bytes, before)),
  ].filter((form) => form.length >= LEAST_BYTES);
}

/** Three bytes are four signs: what stands `before` shifts it, and the signs at both ends are shared with neighbours. */
function base64Within(bytes: Buffer, before: number): string[] {
  const shifted = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
  const own = shifted.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
  return [own, own.replaceAll('+', '-').replaceAll('/', '_')];
}
