// `unmask gc`: removes blobs that nothing refers to.
#include <fmt/format.h>

#include <memory>

#include "cli/command.h"
#include "common/base/json_text.h"
#include "sql/blob_sweep.h"

namespace unmask {
namespace {

struct GcArguments {
  bool dry_run = false;
  bool take_over = false;
};

Status Collect(const GcArguments& arguments, const CommandContext& context) {
  UNMASK_ASSIGN(const BlobSweep swept,
                SweepBlobs(StorePaths{context.store}, arguments.dry_run, arguments.take_over));
  if (context.json) {
    fmt::print("{}\n", AsciiJson({{"dry_run", arguments.dry_run},
                                  {"files", swept.files},
                                  {"bytes", swept.bytes}}));
  } else {
    fmt::print("{} {} {}, {} bytes\n", arguments.dry_run ? "would remove" : "removed", swept.files,
               swept.files == 1 ? "file" : "files", swept.bytes);
  }
  return {};
}

}  // namespace

void AddGcCommand(CLI::App& app, CommandContext& context) {
  auto arguments = std::make_shared<GcArguments>();
  CLI::App* command = app.add_subcommand(
      "gc", "Remove blobs that nothing in the store refers to; not while a sweep runs");
  command->add_flag("--dry-run", arguments->dry_run, "Say what would go, remove nothing");
  command->add_flag("--take-over", arguments->take_over,
                    "Another host's lock, once its process is gone");
  command->footer("Example: unmask gc --dry-run");
  command->callback([arguments, &context] { Finish(context, Collect(*arguments, context)); });
}

}  // namespace unmask
