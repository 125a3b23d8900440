/** What one device must remember over a restart (a pulse count). Kept beside the observations, durable within one commit. */
export interface Memory {
  load(): Promise<string | undefined>;
  save(text: string): Promise<void>;
}
