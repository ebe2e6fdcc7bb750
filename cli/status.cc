// `unmask status`: how a sweep stands, once or again and again.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <memory>

#include "cli/command.h"
#include "cli/terminal.h"
#include "common/base/clock.h"
#include "common/base/json_text.h"
#include "coordinator/live/read_snapshot.h"
#include "coordinator/report/status_report.h"
#include "coordinator/report/sweep_list.h"

namespace unmask {
namespace {

struct StatusArguments {
  std::string sweep;
  bool watch = false;
  bool all = false;
};

// Whoever watches sees it at once.
void PrintNow(std::string_view text) {
  Print(text);
  std::fflush(stdout);
}

// Ctrl-C and SIGTERM end the watching; a window that changes, or a shell that brings us back, asks
// for a redraw. Between two looks they wait for WaitForSignal.
sigset_t BlockWatchSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGWINCH, SIGCONT}) sigaddset(&signals, signal);
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

// 0: the time is up.
int WaitForSignal(const sigset_t& signals, Millis limit) {
  const timespec wait{.tv_sec = static_cast<std::time_t>(limit.count() / 1000),
                      .tv_nsec = static_cast<long>(limit.count() % 1000) * 1'000'000};
  return std::max(0, sigtimedwait(&signals, nullptr, &wait));
}

bool IsStop(int signal) { return signal == SIGINT || signal == SIGTERM; }

// A second, and longer where looking takes long: at most a tenth of the time is spent on it.
Millis PauseAfter(Millis look) { return std::max(Millis(1000), look * 9); }

// A line (with --json an object) whenever something has changed.
Status WatchPlainly(StoreReader& reader, const StorePaths& paths, const std::string& sweep,
                    bool json) {
  const sigset_t signals = BlockWatchSignals();
  const RealClock clock;
  std::string shown;
  while (true) {
    const Millis begin = clock.Now();
    UNMASK_ASSIGN(const SweepStatus status, ReadStatus(reader, paths, sweep));
    std::string text = json ? AsciiJson(StatusJson(status)) : StatusOneLine(status);
    if (text != shown) PrintNow(text + "\n");
    shown = std::move(text);
    if (status.Finished()) return {};
    if (IsStop(WaitForSignal(signals, PauseAfter(clock.Now() - begin)))) return {};
  }
}

Status WatchOnTerminal(StoreReader& reader, const StorePaths& paths, const std::string& sweep) {
  const sigset_t signals = BlockWatchSignals();
  const RealClock clock;
  std::size_t drawn = 0;
  bool afresh = false;
  while (true) {
    const Millis begin = clock.Now();
    UNMASK_ASSIGN(const LiveSnapshot snapshot,
                  ReadSnapshot(reader, paths, sweep, clock.WallTime()));
    const std::vector<std::string> lines = DrawScreen(snapshot, ShapeOfTerminal());
    PrintNow(RedrawBytes(drawn, lines, afresh));
    drawn = lines.size();
    if (snapshot.phase == LivePhase::kFinished) return {};
    const int signal = WaitForSignal(signals, PauseAfter(clock.Now() - begin));
    if (IsStop(signal)) {
      PrintNow("\r\x1b[K");  // the terminal's ^C
      return {};
    }
    afresh = signal != 0;
  }
}

Status ShowAll(StoreReader& reader, bool json) {
  UNMASK_ASSIGN(const std::vector<ListedSweep> sweeps, ListSweeps(reader));
  PrintNow(json ? AsciiJson(SweepListJson(sweeps), 2) + "\n" : SweepListText(sweeps));
  return {};
}

Status ShowStatus(const StatusArguments& arguments, const CommandContext& context) {
  const StorePaths paths{context.store};
  UNMASK_ASSIGN(const auto reader, StoreReader::Open(paths));
  if (arguments.all) return ShowAll(*reader, context.json);
  // The name is settled once: a sweep that starts meanwhile does not change what is watched.
  UNMASK_ASSIGN(const SweepRow sweep, reader->FindSweep(arguments.sweep));
  if (arguments.watch && IsDrawable() && !context.json) {
    return WatchOnTerminal(*reader, paths, sweep.sweep);
  }
  if (arguments.watch) return WatchPlainly(*reader, paths, sweep.sweep, context.json);
  UNMASK_ASSIGN(const SweepStatus status, ReadStatus(*reader, paths, sweep.sweep));
  PrintNow(context.json ? AsciiJson(StatusJson(status), 2) + "\n" : StatusText(status));
  return {};
}

}  // namespace

void AddStatusCommand(CLI::App& app, CommandContext& context) {
  auto arguments = std::make_shared<StatusArguments>();
  CLI::App* command =
      app.add_subcommand("status", "Progress, rate, time left, and failures of a sweep");
  AddSweepArgument(*command, arguments->sweep);
  CLI::Option* watch = command->add_flag("--watch", arguments->watch,
                                         "Look again and again, until it is finished or Ctrl-C");
  command
      ->add_flag("--all", arguments->all,
                 "A line for each sweep, the newest first, with the overrides of its newest run")
      ->excludes(watch, command->get_option("SWEEP"));
  command->footer(
      "--watch redraws points, folds, workers and failures in place about once a second. Where "
      "the\n"
      "output is no terminal (or TERM is dumb) it prints a line, with --json an object, whenever\n"
      "something has changed. NO_COLOR is respected.\n"
      "Example: unmask status --watch");
  command->callback([arguments, &context] { Finish(context, ShowStatus(*arguments, context)); });
}

}  // namespace unmask
