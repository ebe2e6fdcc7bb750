// `unmask retry`: failed and quarantined jobs get another chance.
#include <fmt/format.h>

#include <memory>

#include "cli/command.h"
#include "common/base/json_text.h"
#include "common/base/log.h"
#include "sql/results_store.h"
#include "sql/store_reader.h"

namespace unmask {
namespace {

// The name is looked up by a reader first, so that a mistyped one changes nothing.
Result<SweepRow> FindSweep(const StorePaths& paths, const std::string& name) {
  UNMASK_ASSIGN(const auto reader, StoreReader::Open(paths));
  return reader->FindSweep(name);
}

Status Retry(const std::string& name, bool take_over, const CommandContext& context) {
  const StorePaths paths{context.store};
  UNMASK_ASSIGN(const SweepRow row, FindSweep(paths, name));
  const std::string& sweep = row.sweep;
  UNMASK_ASSIGN(const auto store, ResultsStore::Open(paths, {.take_over = take_over,
                                                             .build = {},
                                                             .now = {},
                                                             .network_file_system = std::nullopt}));
  std::int64_t put_back = 0;
  UNMASK_TRY(store->Retry(sweep, &put_back));
  if (context.json) {
    fmt::print("{}\n", AsciiJson({{"sweep", sweep}, {"put_back", put_back}}));
  } else if (put_back == 0) {
    fmt::print("no job of {} has failed or is quarantined\n", sweep);
  } else {
    fmt::print("{} {} of {} queued again; `unmask run` with the same configuration tries {}{}\n",
               put_back, put_back == 1 ? "job" : "jobs", sweep, put_back == 1 ? "it" : "them",
               row.failed == 0 ? ""
                               : "; what failed by nan or bad-input fails again, unless what "
                                 "`unmask why JOB` names is mended");
  }
  return {};
}

}  // namespace

void AddRetryCommand(CLI::App& app, CommandContext& context) {
  auto name = std::make_shared<std::string>();
  auto take_over = std::make_shared<bool>(false);
  CLI::App* command =
      app.add_subcommand("retry", "Put failed and quarantined jobs back into the queue");
  AddSweepArgument(*command, *name);
  command->add_flag("--take-over", *take_over, "Another host's lock, once its process is gone");
  command->footer("Example: unmask retry mfed-action-units");
  command->callback(
      [name, take_over, &context] { Finish(context, Retry(*name, *take_over, context)); });
}

}  // namespace unmask
