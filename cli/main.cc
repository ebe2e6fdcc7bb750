// The program: one command with subcommands. Ranks above 0 under mpirun become workers by `run`
// itself.
#include <fmt/format.h>

#include <cstdio>

#include "cli/command.h"
#include "common/base/log.h"

namespace unmask {

void CommandContext::Fail(const Error& error) {
  fmt::print(stderr, "{}\n", FormatError(error));
  exit_code = ExitCode(error.code);
}

namespace {

int Main(int argc, char** argv) {
  CommandContext context;
  std::error_code ignored;
  context.program = fs::read_symlink("/proc/self/exe", ignored);
  context.arguments.assign(argv + 1, argv + argc);
  context.store = "unmask-store";

  CLI::App app{"unmask: leave-one-subject-out sweeps of DSID over MPI, recorded in SQLite."};
  app.name("unmask");
  app.require_subcommand(1);
  app.fallthrough();  // global options may follow the subcommand
  app.set_version_flag("--version", "unmask " UNMASK_VERSION);
  app.add_option("--store", context.store, "Folder of the results store")->envname("UNMASK_STORE");
  app.add_flag("--json", context.json, "Print data as JSON");
  app.add_flag("--quiet", context.quiet, "Print errors only");
  app.add_flag("--verbose", context.verbose, "Print everything");
  app.parse_complete_callback([&] {
    SetLogLevel(context.quiet     ? LogLevel::kQuiet
                : context.verbose ? LogLevel::kVerbose
                                  : LogLevel::kNormal);
  });

  AddRunCommand(app, context);
  AddPlanCommand(app, context);
  AddStatusCommand(app, context);
  AddTablesCommand(app, context);
  AddQueryCommand(app, context);
  AddRetryCommand(app, context);
  AddVerifyCommand(app, context);
  AddWhyCommand(app, context);
  AddGcCommand(app, context);
  AddDataCommand(app, context);

  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& success) {  // --help, --version
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    fmt::print(stderr, "{}\n", FormatError(UsageError(error.what(), "", "see unmask --help")));
    return ExitCode(ErrorCode::kUsage);
  }
  return context.exit_code;
}

}  // namespace
}  // namespace unmask

int main(int argc, char** argv) { return unmask::Main(argc, argv); }
