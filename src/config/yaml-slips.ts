/** A complaint of the parser, and the code by which it is known. */
interface Complaint {
  readonly pos: readonly [number, number];
  readonly message: string;
  readonly code: string;
}

/** Where the quote begins that is still open at an offset; undefined where none is. */
type Opened = (offset: number) => number | undefined;

/** What is wrong with the YAML itself, in our words. */
export interface Slip {
  readonly offset: number;
  readonly message: string;
  readonly hint: string | undefined;
}

/** What the parser complains of; one slip of the pen makes it complain more than once, and the first says it. */
export function slipsIn(text: string, errors: readonly Complaint[], openedAt: Opened): Slip[] {
  const slips: Slip[] = [];
  for (const { pos, message, code } of errors) {
    const [offset] = pos;
    if (slips.some((slip) => slip.offset === offset)) continue;
    const [variable] = /^\$\{[^}\n]*\}?/.exec(text.slice(offset - 1)) ?? [];
    if (variable !== undefined) {
      // To YAML the brace begins a map: whatever else it makes of what follows is of no use.
      const message = `${variable} stands inside { } or [ ], where it needs quotes`;
      return [
        ...slips,
        {
          offset: offset - 1,
          message,
          hint: `the whole value in quotes, such as "${variable}"; a number on a line of its own`,
        },
      ];
    }
    const opened = code === 'MISSING_CHAR' ? openedAt(offset) : undefined;
    if (opened !== undefined) return [...slips, { offset: opened, ...UNCLOSED }];
    slips.push({ offset, hint: undefined, message: message.replace(/ at line .*/s, ''), ...SLIPS[code] });
  }
  return slips;
}

// All that follows stands inside the quotes.
const UNCLOSED = { message: 'this quote is not closed', hint: 'write the same quote at the end of the text' };

const SLIPS: Readonly<Record<string, { readonly message: string; readonly hint: string }>> = {
  TAB_AS_INDENT: {
    message: 'a tab where spaces should be',
    hint: 'indent with spaces; YAML does not allow tabs there',
  },
  DUPLICATE_KEY: { message: 'this key stands above already', hint: 'rename or remove one of the two' },
  MISSING_CHAR: { message: 'something is not closed', hint: 'look above for a quote or a bracket that is left open' },
  BAD_INDENT: {
    message: 'this begins in the wrong column',
    hint: 'keys of one level begin in one column; close brackets',
  },
  BLOCK_IN_FLOW: {
    message: 'a comma is missing before this, or a bracket above is left open',
    hint: 'inside { } and [ ] a comma stands between one thing and the next',
  },
  BLOCK_AS_IMPLICIT_KEY: {
    message: 'a key where none can be, here or in the next line',
    hint: 'keys of one level begin in the same column; a text with ": " in it needs quotes',
  },
  MULTILINE_IMPLICIT_KEY: { message: 'a line without "key: value"', hint: 'write a colon and a space behind the key' },
  MULTIPLE_DOCS: { message: 'a second document begins here', hint: 'remove the line with ---' },
};
