/** How many random cases a property tries: few with every test run, more where somebody asks. */
export function runs(usual: number): { readonly numRuns: number } {
  const factor = Number(process.env['MODEL_FACTOR'] ?? 1);
  return { numRuns: Math.ceil(usual * factor) };
}
