// The program: one command with subcommands. Ranks above 0 under mpirun become workers by `run`
// itself.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <utility>

#include "cli/command.h"
#include "cli/out_path.h"
#include "common/base/build_info.h"
#include "common/base/log.h"
#include "common/base/text.h"

namespace unmask {
namespace {

constexpr const char* kCommandLine = "command line";

// What CLI11 says, but for a misspelled command, of which it only says that one is missing.
Error ParseFailure(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App* at = &app;
  std::string command_line = "unmask";
  while (!at->get_subcommands().empty()) {
    at = at->get_subcommands().front();
    command_line += " " + at->get_name();
  }
  const std::vector<std::string> extras = app.remaining(true);
  if (error.get_name() != "RequiredError" || at->get_require_subcommand_min() == 0 ||
      extras.empty() || extras.front().starts_with('-')) {
    return UsageError(error.what(), kCommandLine, "see " + command_line + " --help");
  }
  std::vector<std::string> names;
  for (const CLI::App* command : at->get_subcommands({})) names.push_back(command->get_name());
  return UsageError("unknown command '" + extras.front() + "'", kCommandLine,
                    DidYouMean(extras.front(), names, "one of " + Join(names, ", ")));
}

// `--dashboard` may stand alone, with a study behind it that is not its port: CLI11 cannot tell.
std::vector<std::string> WithDashboardPort(std::vector<std::string> arguments) {
  for (std::size_t i = 0; i < arguments.size() && arguments[i] != "--"; ++i) {
    if (arguments[i] != "--dashboard") continue;
    const bool port_follows = i + 1 < arguments.size() && ParseInt(arguments[i + 1]).has_value();
    if (!port_follows) arguments[i] = "--dashboard=0";
  }
  return arguments;
}

// `help COMMAND` is what many tools call `COMMAND --help`.
std::vector<std::string> WithHelp(std::vector<std::string> arguments) {
  if (arguments.empty() || arguments.front() != "help") return arguments;
  arguments.erase(arguments.begin());
  arguments.emplace_back("--help");
  return arguments;
}

// CLI11 lists the options that all commands take with the program's help alone.
void NameGlobalOptions(CLI::App& command) {
  for (CLI::App* inner : command.get_subcommands({})) {
    inner->footer(inner->get_footer() +
                  "\nAlso: --store DIR, --json, --quiet, --verbose (unmask --help).");
    NameGlobalOptions(*inner);
  }
}

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
  app.set_version_flag("--version", "unmask " + BuildId());
  app.add_option("--store", context.store, "Folder of the results store (default: ./unmask-store)")
      ->envname("UNMASK_STORE")
      ->check(NamesAPlace);
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
  AddReportCommand(app, context);
  AddExportCommand(app, context);
  AddQueryCommand(app, context);
  AddRetryCommand(app, context);
  AddVerifyCommand(app, context);
  AddWhyCommand(app, context);
  AddDiffCommand(app, context);
  AddSelectCommand(app, context);
  AddGcCommand(app, context);
  AddDataCommand(app, context);
  AddEmbedCommand(app, context);
  NameGlobalOptions(app);

  try {
    std::vector<std::string> arguments = WithDashboardPort(WithHelp(context.arguments));
    std::ranges::reverse(arguments);  // as CLI11 takes them
    app.parse(std::move(arguments));
  } catch (const CLI::Success& success) {  // --help, --version
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    return Tell(ParseFailure(app, error));
  }
  return context.exit_code;
}

// A file of ours that took the place of a closed standard stream would be written to as that.
void OpenStandardStreams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(fd, F_GETFD) != -1) continue;
    // The wrong way round, so that its use fails as it would have.
    if (open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0) return;
  }
}

// Whether all that was printed went where it was to go: a table cut by a full disk is no success.
Status FlushOutput() {
  errno = 0;
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return {};
  const char* reason = errno == 0 ? "it is cut" : std::strerror(errno);
  return DataError(fmt::format("cannot write the output: {}", reason), "standard output",
                   kPlaceToWrite);
}

int MainWithoutExceptions(int argc, char** argv) {
  int code = 0;
  try {
    code = Main(argc, argv);
  } catch (const std::exception& error) {  // such as no memory: one line here too
    // fmt throws where a stream takes no more.
    if (std::ferror(stdout) == 0) return Tell(InternalError(error.what()));
  }
  const Status flushed = FlushOutput();
  return flushed.ok() || code != 0 ? code : Tell(flushed.error());
}

}  // namespace

void CommandContext::Fail(const Error& error) { exit_code = Tell(error); }

}  // namespace unmask

int main(int argc, char** argv) {
  unmask::OpenStandardStreams();
  // Whoever started this may have ignored it, and then no child could be asked how it ended.
  std::signal(SIGCHLD, SIG_DFL);
  std::signal(SIGXFSZ, SIG_IGN);  // a write beyond `ulimit -f` fails like one on a full disk
  return unmask::MainWithoutExceptions(argc, argv);
}
