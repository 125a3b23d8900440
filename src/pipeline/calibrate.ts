import type { Reading } from '../model/observation.ts';
import type { StreamRules } from './rules.ts';

/** First stage: corrects a value as its stream's calibration says. What has no value stays as it is. */
export function calibrate(reading: Reading, { calibration }: StreamRules): Reading {
  if (!calibration || reading.value === null) return reading;
  const { polynomial, scale, offset } = calibration;
  // Horner's scheme, from the highest coefficient down.
  const curved = polynomial.reduceRight((sum, coefficient) => sum * (reading.value ?? 0) + coefficient, 0);
  return { ...reading, value: curved * scale + offset };
}
