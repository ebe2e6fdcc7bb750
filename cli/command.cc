#include "cli/command.h"

#include <cstdio>

namespace unmask {

// Not by fmt, which throws where stderr is closed: the exit code must get out then, too.
int Tell(const Error& error) {
  std::fputs((FormatError(error) + "\n").c_str(), stderr);
  return ExitCode(error.code);
}

void Finish(CommandContext& context, const Status& status) {
  if (!status.ok()) context.Fail(status.error());
}

void AddSweepArgument(CLI::App& command, std::string& sweep) {
  command.add_option("SWEEP", sweep, "Name or unique prefix (default: the newest sweep)");
}

void Print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

}  // namespace unmask
