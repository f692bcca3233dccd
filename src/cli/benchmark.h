/* cli/benchmark.h - the actions of `winnow benchmark`. */
#ifndef WN_CLI_BENCHMARK_H
#define WN_CLI_BENCHMARK_H

/* argv[0] is "winnow benchmark ACTION"; an exit code. */
int wn_cli_benchmark_info(int argc, char **argv);
int wn_cli_benchmark_job(int argc, char **argv);
int wn_cli_benchmark_import(int argc, char **argv);

#endif /* WN_CLI_BENCHMARK_H */
