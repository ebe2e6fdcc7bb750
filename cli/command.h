// The frame of every subcommand: cli/main.cc adds each to the program, and its callback sets
// `context.exit_code`.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/files.h"
#include "common/base/result.h"

namespace unmask {

// Global options, and the exit code that the program ends with.
struct CommandContext {
  fs::path store;                      // --store, UNMASK_STORE, ./unmask-store
  bool json = false;                   // --json
  bool quiet = false;                  // --quiet
  bool verbose = false;                // --verbose
  fs::path program;                    // this executable; the trainer lies beside it
  std::vector<std::string> arguments;  // as the user gave them, without the program
  int exit_code = 0;

  fs::path trainer() const { return program.parent_path() / "unmask-trainer"; }
  // Prints the error to stderr and keeps its exit code.
  void Fail(const Error& error);
};

// Prints the error to stderr; returns its exit code.
int Tell(const Error& error);

// What a command's callback ends with: the error, where there is one, is told by Fail.
void Finish(CommandContext& context, const Status& status);

// The sweep that a command looks at, as StoreReader::FindSweep takes it.
void AddSweepArgument(CLI::App& command, std::string& sweep);

// A check of an option's text. CLI11 itself wraps what is out of range, and reads hexadecimal
// digits.
std::function<std::string(const std::string&)> WholeNumber(
    std::int64_t least, std::int64_t most = std::numeric_limits<std::int64_t>::max());

// To stdout.
void Print(std::string_view text);

// In the order in which --help lists them. `context` outlives the app.
void AddRunCommand(CLI::App& app, CommandContext& context);
void AddPlanCommand(CLI::App& app, CommandContext& context);
void AddStatusCommand(CLI::App& app, CommandContext& context);
void AddTablesCommand(CLI::App& app, CommandContext& context);
void AddReportCommand(CLI::App& app, CommandContext& context);
void AddExportCommand(CLI::App& app, CommandContext& context);
void AddQueryCommand(CLI::App& app, CommandContext& context);
void AddRetryCommand(CLI::App& app, CommandContext& context);
void AddVerifyCommand(CLI::App& app, CommandContext& context);
void AddWhyCommand(CLI::App& app, CommandContext& context);
void AddDiffCommand(CLI::App& app, CommandContext& context);
void AddSelectCommand(CLI::App& app, CommandContext& context);
void AddGcCommand(CLI::App& app, CommandContext& context);
void AddDataCommand(CLI::App& app, CommandContext& context);
void AddEmbedCommand(CLI::App& app, CommandContext& context);

}  // namespace unmask
