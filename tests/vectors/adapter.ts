/** One third-party vector: plays itself through a driver and throws where the driver says otherwise. */
export interface Vector {
  readonly name: string;
  run(): Promise<void> | void;
}

/** A file of a set: its name, its parsed JSON, and a reader for the files beside it (a telegram beside its `.json`). */
export interface VectorFile {
  readonly name: string;
  readonly json: unknown;
  beside(name: string): Buffer;
}

/** Turns one file of a set into vectors. The sets' formats are described in the README beside them. */
export type Adapter = (file: VectorFile) => readonly Vector[];
