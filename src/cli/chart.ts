/** One moment of a chart; `lowest` and `highest` are what was seen around it. */
export interface Point {
  readonly agoSeconds: number;
  readonly lowest: number;
  readonly mean: number;
  readonly highest: number;
}

interface Size {
  readonly columns: number;
  readonly rows: number;
  /** How a value is written on the axis. */
  readonly label: (value: number) => string;
}

/**
 * Points over time, oldest left, as lines of text: `•` the mean, `┊` what lies between lowest and highest. Where several
 * points share a column, it shows them together; where there is none, it stays empty.
 */
export function chart(points: readonly Point[], { columns, rows, label }: Size): string[] {
  const low = Math.min(...points.map(({ lowest }) => lowest));
  const high = Math.max(...points.map(({ highest }) => highest));
  const valueAt = (row: number) => high - ((high - low) * row) / Math.max(1, rows - 1);
  const labels = Array.from({ length: rows }, (_, row) => (isLabelled(row, rows) ? label(valueAt(row)) : ''));
  const margin = Math.max(...labels.map(({ length }) => length));
  const cells = columnsOf(points, Math.max(1, columns - margin - 2));
  const rowOf = (value: number) => (high === low ? rows - 1 : Math.round(((high - value) / (high - low)) * (rows - 1)));
  return labels.map((text, row) => {
    const line = cells.map((cell) => {
      if (!cell) return ' ';
      if (rowOf(cell.mean) === row) return '•';
      return row >= rowOf(cell.highest) && row <= rowOf(cell.lowest) ? '┊' : ' ';
    });
    return `${text.padStart(margin)} ${text ? '┤' : '│'}${line.join('')}`.trimEnd();
  });
}

/** The first, the middle and the last row tell their value. */
function isLabelled(row: number, rows: number): boolean {
  return row === 0 || row === rows - 1 || row === Math.floor((rows - 1) / 2);
}

/** What each column shows: the points whose time falls into it. */
function columnsOf(points: readonly Point[], width: number): (Point | undefined)[] {
  const oldest = points[0]?.agoSeconds ?? 0;
  const newest = points.at(-1)?.agoSeconds ?? 0;
  const cells = Array.from({ length: width }, (): Point[] => []);
  for (const point of points) {
    const share = oldest === newest ? 1 : (oldest - point.agoSeconds) / (oldest - newest);
    cells[Math.min(width - 1, Math.round(share * (width - 1)))]?.push(point);
  }
  return cells.map((inside) => (inside.length === 0 ? undefined : together(inside)));
}

function together(points: readonly Point[]): Point {
  return {
    agoSeconds: points[0]?.agoSeconds ?? 0,
    lowest: Math.min(...points.map(({ lowest }) => lowest)),
    mean: points.reduce((sum, { mean }) => sum + mean, 0) / points.length,
    highest: Math.max(...points.map(({ highest }) => highest)),
  };
}
