// The commands, one file each. Each adds itself to the application, sets what runs when it is chosen, and
// leaves the exit status in `status`: 0 all is right, 1 something differed. What is wrong with the input is
// thrown as Error.
#pragma once

#include <CLI/App.hpp>

namespace tessera {

void add_run_command(CLI::App& app, int& status);
void add_compile_command(CLI::App& app, int& status);
void add_golden_command(CLI::App& app, int& status);
void add_inspect_command(CLI::App& app, int& status);
void add_eval_command(CLI::App& app, int& status);
void add_train_command(CLI::App& app, int& status);
void add_bench_command(CLI::App& app, int& status);
void add_debug_command(CLI::App& app, int& status);
void add_wafer_command(CLI::App& app, int& status);
void add_trace_command(CLI::App& debug, int& status);  // of the group debug

}  // namespace tessera
