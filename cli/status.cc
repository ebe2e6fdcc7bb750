// `unmask status`: how a sweep stands, once or again and again.
#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <memory>

#include "cli/command.h"
#include "coordinator/report/status_report.h"

namespace unmask {
namespace {

struct StatusArguments {
  std::string sweep;
  bool watch = false;
};

void Print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

// Ctrl-C and SIGTERM end the watching; between two looks they wait for WaitForStop.
sigset_t BlockStopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

bool WaitForStop(const sigset_t& signals) {
  const timespec one_second{.tv_sec = 1, .tv_nsec = 0};
  return sigtimedwait(&signals, nullptr, &one_second) > 0;
}

// Redrawn on a terminal; elsewhere a line (with --json an object) whenever something has changed.
class Watcher {
 public:
  Watcher(bool json, bool terminal) : json_(json), redraw_(terminal && !json) {}

  void Show(const SweepStatus& status) {
    std::string text = json_     ? StatusJson(status).dump() + "\n"
                       : redraw_ ? StatusText(status)
                                 : StatusOneLine(status) + "\n";
    if (text == shown_) return;
    Print(redraw_ ? "\x1b[H\x1b[2J" + text : text);  // home, and clear the screen
    shown_ = std::move(text);
  }

 private:
  bool json_;
  bool redraw_;
  std::string shown_;
};

Status Watch(StoreReader& reader, const StorePaths& paths, const std::string& sweep, bool json) {
  const sigset_t signals = BlockStopSignals();
  Watcher watcher(json, isatty(STDOUT_FILENO) == 1);
  while (true) {
    UNMASK_ASSIGN(const SweepStatus status, ReadStatus(reader, paths, sweep));
    watcher.Show(status);
    if (status.Finished() || WaitForStop(signals)) return {};
  }
}

Status ShowStatus(const StatusArguments& arguments, const CommandContext& context) {
  const StorePaths paths{context.store};
  UNMASK_ASSIGN(const auto reader, StoreReader::Open(paths));
  // The name is settled once: a sweep that starts meanwhile does not change what is watched.
  UNMASK_ASSIGN(const SweepRow sweep, reader->FindSweep(arguments.sweep));
  if (arguments.watch) return Watch(*reader, paths, sweep.sweep, context.json);
  UNMASK_ASSIGN(const SweepStatus status, ReadStatus(*reader, paths, sweep.sweep));
  Print(context.json ? StatusJson(status).dump(2) + "\n" : StatusText(status));
  return {};
}

}  // namespace

void AddStatusCommand(CLI::App& app, CommandContext& context) {
  auto arguments = std::make_shared<StatusArguments>();
  CLI::App* command =
      app.add_subcommand("status", "Progress, rate, time left, and failures of a sweep");
  command->add_option("SWEEP", arguments->sweep, "Name or its beginning; default: the newest");
  command->add_flag("--watch", arguments->watch, "Until it is finished, or Ctrl-C");
  command->footer("Example: unmask status --watch");
  command->callback([arguments, &context] {
    const Status shown = ShowStatus(*arguments, context);
    if (!shown.ok()) context.Fail(shown.error());
  });
}

}  // namespace unmask
