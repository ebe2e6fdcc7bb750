// `unmask query`: SQL of the user, read-only.
#include "sql/query.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <map>
#include <memory>

#include "cli/command.h"
#include "common/base/text.h"
#include "coordinator/report/query_format.h"

namespace unmask {
namespace {

struct QueryArguments {
  std::string sql;
  std::string format;  // empty: --json decides
  double timeout_seconds = 10;
};

const std::map<std::string, QueryFormat>& Formats() {
  static const std::map<std::string, QueryFormat> formats = {
      {"csv", QueryFormat::kCsv}, {"json", QueryFormat::kJson}, {"table", QueryFormat::kTable}};
  return formats;
}

// The program ends here: there is no other way out of a function of SQLite's.
[[noreturn]] void EndTooLong(const Error& error) { _exit(Tell(error)); }

Status Query(const QueryArguments& arguments, const CommandContext& context) {
  const std::string by_default = context.json ? "json" : "table";
  const auto formatter = MakeQueryFormatter(
      Formats().at(arguments.format.empty() ? by_default : arguments.format), Print);
  const std::chrono::milliseconds limit(std::llround(arguments.timeout_seconds * 1000));
  UNMASK_TRY(RunQuery(StorePaths{context.store}, arguments.sql, limit, *formatter, EndTooLong));
  formatter->Finish();
  return {};
}

// CLI::Range lets a NaN pass.
std::string CheckSeconds(const std::string& text) {
  const auto seconds = ParseReal(text);
  const bool fits = seconds && *seconds >= 0.001 && *seconds <= 86400;
  return fits ? "" : fmt::format("'{}' is no number of seconds from 0.001 to 86400", text);
}

}  // namespace

void AddQueryCommand(CLI::App& app, CommandContext& context) {
  auto arguments = std::make_shared<QueryArguments>();
  CLI::App* command =
      app.add_subcommand("query", "Run read-only SQL on the store; docs/formats.md has its views");
  command->add_option("SQL", arguments->sql, "One SELECT")->required();
  command->add_option("--format", arguments->format, "table (default), csv or json")
      ->check(CLI::IsMember(Formats()));
  command->add_option("--timeout", arguments->timeout_seconds, "Time limit in seconds")
      ->check(CheckSeconds)
      ->capture_default_str();
  command->footer(
      "A result of up to 32 MiB is printed when the query has ended; of a larger one the time of\n"
      "printing counts too, and the store may wait for whoever reads it.\n"
      "Example: unmask query \"SELECT experiment, task, k, n, macro_f1 FROM cells\" --format csv");
  command->callback([arguments, &context] { Finish(context, Query(*arguments, context)); });
}

}  // namespace unmask
