/** How many inputs a fuzz test tries: few in `npm test`, as many as `DORPEL_FUZZ_RUNS` says in a long run. */
export const fuzzRuns = Number(process.env['DORPEL_FUZZ_RUNS'] ?? 300);

/** The time that such a test may take. */
export const fuzzTimeoutMs = 20_000 + fuzzRuns;
