// Hot functions by themselves, with Google Benchmark; bench.mjs puts them into its table.
#include <benchmark/benchmark.h>

BENCHMARK_MAIN();
