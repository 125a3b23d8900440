import { isSecretKey, MASK } from './secrets.ts';

/**
 * The text of a config with the value of every secret-like key masked, whether it stands beside, below, or in braces, and
 * without its comments: nobody knows what those hold. Tells `found` of each value. It is not parsed: a config that is
 * broken is the one that is sent.
 */
export function maskedYaml(text: string, found: (secret: string) => void): string {
  const kept: string[] = [];
  let below: number | undefined;
  for (const line of text.split(/\r?\n/)) {
    if (below !== undefined && isBelow(line, below)) {
      found(bare(line));
      continue;
    }
    const [, lead = '', key = '', value = ''] = /^(\s*(?:- )?)["']?([\w.-]+)["']?\s*:(.*)$/.exec(line) ?? [];
    below = isSecretKey(key) ? lead.length : undefined;
    if (below === undefined) {
      kept.push(maskedBraces(withoutComment(line), found));
      continue;
    }
    found(bare(withoutComment(value)));
    kept.push(`${lead}${key}: ${MASK}`);
  }
  return kept.join('\n');
}

/** A value goes on where it is indented further, in the items of a list, and over empty lines. */
function isBelow(line: string, indent: number): boolean {
  const own = line.length - line.trimStart().length;
  return line.trim() === '' || own > indent || (own === indent && line.trimStart().startsWith('- '));
}

/** Without what belongs to YAML: the dash of a list, quotes, a key before it. */
function bare(value: string): string {
  return value
    .trim()
    .replace(/^- /, '')
    .replace(/^[\w.-]+:\s+/, '')
    .replace(/^(["'])(.*)\1$/, '$2');
}

/** A `#` begins a comment at the beginning or after a space (YAML 1.2, 6.6), unless it stands in quotes. */
function withoutComment(line: string): string {
  let quote = '';
  for (let at = 0; at < line.length; at += 1) {
    const sign = line.charAt(at);
    const isFree = at === 0 || /[\s[{,:]/.test(line.charAt(at - 1));
    if (quote) quote = sign === quote ? '' : quote;
    else if (isFree && (sign === '"' || sign === "'")) quote = sign;
    else if (isFree && sign === '#') return line.slice(0, at);
  }
  return line;
}

function maskedBraces(line: string, found: (secret: string) => void): string {
  return line.replaceAll(/([{,]\s*["']?)([\w.-]+)(["']?\s*:\s*)("[^"]*"|'[^']*'|[^,}]*)/g, (whole, ...parts) => {
    const [lead, key, colon, value] = parts as [string, string, string, string];
    if (!isSecretKey(key)) return whole;
    found(bare(value));
    return `${lead}${key}${colon}${MASK}`;
  });
}
