// unmask export: a sweep for other tools.
#include <fmt/format.h>

#include <memory>

#include "cli/command.h"
#include "cli/out_path.h"
#include "common/base/json_text.h"
#include "coordinator/export/exports.h"

namespace unmask {
namespace {

struct ExportOptions {
  std::string sweep;
  std::string format;
  std::string out;
};

Status Export(const ExportOptions& options, const fs::path& store) {
  UNMASK_ASSIGN(const auto reader, StoreReader::Open(StorePaths{store}));
  UNMASK_ASSIGN(const SweepRow sweep, reader->FindSweep(options.sweep));
  UNMASK_TRY(CheckIsNotTheStores(options.out, StorePaths{store}));
  const Exporter write = FindExporter(options.format);
  UNMASK_CHECK(write != nullptr);  // CLI11 checks the name
  return write({reader.get(), sweep.sweep, options.out});
}

void Run(const ExportOptions& options, CommandContext& context) {
  const Status done = Export(options, context.store);
  if (!done.ok()) return context.Fail(done.error());
  if (context.json) {
    fmt::print("{}\n", AsciiJson({{"out", options.out}, {"format", options.format}}));
  } else {
    fmt::print("{}\n", options.out);
  }
}

}  // namespace

void AddExportCommand(CLI::App& app, CommandContext& context) {
  auto options = std::make_shared<ExportOptions>();
  CLI::App* command = app.add_subcommand("export", "Write a sweep for other tools");
  AddSweepArgument(*command, options->sweep);
  command
      ->add_option("--format", options->format,
                   "csv (a folder, one file a view), json (a file), tensorboard (a folder of event "
                   "files), trace (a file for Perfetto or chrome://tracing), bundle (a folder for "
                   "a paper's artefacts, with checksums)")
      ->required()
      ->check(CLI::IsMember(Exporters()));
  command->add_option("--out", options->out, "Folder or file to write")
      ->required()
      ->check(NamesAPlace);
  command->footer(
      "Example: unmask export --format tensorboard --out tb && tensorboard --logdir tb");
  command->callback([&context, options] { Run(*options, context); });
}

}  // namespace unmask
