#include "cli/command.h"

#include <fmt/format.h>

#include <cstdio>

#include "common/base/text.h"

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

std::function<std::string(const std::string&)> WholeNumber(std::int64_t least, std::int64_t most) {
  return [=](const std::string& text) -> std::string {
    const auto number = ParseInt(text);
    if (number && *number >= least && *number <= most) return "";
    return most == std::numeric_limits<std::int64_t>::max()
               ? fmt::format("'{}' is no whole number of at least {}", text, least)
               : fmt::format("'{}' is no whole number from {} to {}", text, least, most);
  };
}

void Print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

}  // namespace unmask
