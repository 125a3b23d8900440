/**
 * The source text of each element of a JSON array, exactly as it stands there: a message in a batch is judged by its
 * own bytes, and writing it again could change them. `text` has been parsed before and is known to be an array.
 */
export function elementsOf(text: string): string[] {
  const found: string[] = [];
  const end = text.lastIndexOf(']');
  let start = text.indexOf('[') + 1;
  let depth = 0;
  for (let index = start; index < end; index += 1) {
    const sign = text[index];
    if (sign === '"') index = endOfString(text, index);
    else if (sign === '{' || sign === '[') depth += 1;
    else if (sign === '}' || sign === ']') depth -= 1;
    else if (sign === ',' && depth === 0) {
      found.push(text.slice(start, index).trim());
      start = index + 1;
    }
  }
  const last = text.slice(start, end).trim();
  return last === '' ? found : [...found, last];
}

/** Where the string ends that begins at `from`: at the next quote that is not escaped. */
function endOfString(text: string, from: number): number {
  let index = from + 1;
  while (index < text.length && text[index] !== '"') index += text[index] === '\\' ? 2 : 1;
  return index;
}
