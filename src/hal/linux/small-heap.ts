import { setFlagsFromString } from 'node:v8';

/**
 * Lets V8 wait longer before it optimises a function (its default budget is some 130 KB of bytecode run). At a village's
 * pace the optimiser costs 5 MB and gains nothing; what runs very often, in a flood, is still optimised. Call it before
 * the rest of the program is loaded.
 */
export function settleForASmallHeap(): void {
  setFlagsFromString('--interrupt-budget=2000000');
}
