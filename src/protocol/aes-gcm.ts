import { createCipheriv, createDecipheriv } from 'node:crypto';

/** What both ends of a sealed message know: AES-128 in Galois/Counter Mode (NIST SP 800-38D). */
export interface Seal {
  /** 16 bytes. */
  readonly key: Uint8Array;
  /** 12 bytes, never used twice with one key. */
  readonly nonce: Uint8Array;
  /** What is authenticated beside the message, and not sent with it. */
  readonly associated: Uint8Array;
  readonly tagLength: number;
}

/** The message inside `sealed` (ciphertext, then tag); undefined if key, message or tag are not what they should be. */
export function unsealed(sealed: Uint8Array, { key, nonce, associated, tagLength }: Seal): Uint8Array | undefined {
  const end = sealed.length - tagLength;
  if (end < 0) return undefined;
  const cipher = createDecipheriv('aes-128-gcm', key, nonce, { authTagLength: tagLength });
  cipher.setAAD(associated);
  cipher.setAuthTag(sealed.subarray(end));
  const message = cipher.update(sealed.subarray(0, end));
  try {
    return Buffer.concat([message, cipher.final()]);
  } catch {
    // The tag does not fit: Node says so with an error that tells no more.
    return undefined;
  }
}

/** `message` as `unsealed` takes it: ciphertext, then tag. */
export function sealed(message: Uint8Array, { key, nonce, associated, tagLength }: Seal): Uint8Array {
  const cipher = createCipheriv('aes-128-gcm', key, nonce, { authTagLength: tagLength });
  cipher.setAAD(associated);
  return Buffer.concat([cipher.update(message), cipher.final(), cipher.getAuthTag()]);
}
