// Speaks a trainer's protocol and trains nothing: a job's spec says how to behave. The environment
// variable TRAINER_DOUBLE says how to behave as a process: "die" or "mute" before the hello,
// "other-build", "stubborn" (does not heed Goodbye).
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>

#include "common/base/build_info.h"
#include "common/base/text.h"
#include "tests/testing/read_frame.h"

namespace unmask {
namespace {

std::string Mode() {
  const char* mode = std::getenv("TRAINER_DOUBLE");
  return mode == nullptr ? "" : mode;
}

std::string Argument(int argc, char** argv, std::string_view name) {
  for (int i = 1; i + 1 < argc; ++i) {
    if (name == argv[i]) return argv[i + 1];
  }
  return "";
}

// What it was born with, for the test to look at.
std::string Inheritance(int parent) {
  std::vector<std::string> facts;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    if (text.starts_with("OMPI_") || text.starts_with("OMP_")) facts.emplace_back(text);
  }
  for (int fd = 0; fd < 256; ++fd) {
    std::error_code missing;
    if (std::filesystem::is_symlink(fmt::format("/proc/self/fd/{}", fd), missing) && !missing) {
      facts.push_back(fmt::format("fd{}", fd));
    }
  }
  if (getppid() == parent) facts.emplace_back("parent");
  if (getpgrp() == getpid()) facts.emplace_back("group");
  return Join(facts, " ");
}

class Double {
 public:
  Double(int fd, int parent) : fd_(fd), parent_(parent) {}

  int Run() {
    Say(TrainerHello{.build = Mode() == "other-build" ? "0.0.0-other" : BuildId(),
                     .numerics_class = "double",
                     .device = "cpu: none"});
    while (true) {
      const auto message = ReadFrame(fd_);
      if (!message) return 4;
      if (std::holds_alternative<Goodbye>(*message) && Mode() != "stubborn") return 0;
      if (std::holds_alternative<StopGracefully>(*message)) YieldAll();
      if (const auto* lease = std::get_if<Lease>(&*message)) Behave(*lease);
      if (const auto* stale = std::get_if<Superseded>(&*message)) {
        fmt::print(stderr, "stopped {}\n", stale->lease.job_key);
        waiting_.erase(stale->lease);
      }
    }
  }

 private:
  void Say(const Message& message) const {
    if (!WriteFrame(fd_, message).ok()) _exit(5);
  }

  void YieldAll() {
    for (const auto& [id, epoch] : waiting_) Say(Yielded{id, epoch});
    waiting_.clear();
  }

  void Behave(const Lease& lease) {
    Say(AttemptStarted{lease.id, lease.checkpoints.empty() ? 0 : lease.checkpoints[0].epoch, ""});
    if (lease.spec == "succeed") {
      Say(CheckpointWritten{lease.id, {std::string(64, 'a'), 1, 10, "double"}});
      JobResult result;
      result.epochs = 2;
      Say(ResultReady{lease.id, result});
    } else if (lease.spec == "wait") {
      waiting_[lease.id] = 1;
      Say(Heartbeat{{{lease.id, 1, 5}}});
    } else if (lease.spec == "hang") {
      while (poll(nullptr, 0, 10) == 0) Say(Heartbeat{{{lease.id, 1, 5}}});
    } else if (lease.spec == "crash") {
      fmt::print(stderr, "something went wrong\nin the double\n");
      raise(SIGKILL);
    } else if (lease.spec == "exit") {
      std::exit(3);
    } else if (lease.spec == "result-then-exit") {
      Say(ResultReady{lease.id, {}});
      std::exit(0);
    } else if (lease.spec == "garbage") {
      const std::string garbage("\x04\0\0\0what", 8);
      if (write(fd_, garbage.data(), garbage.size()) < 0) std::exit(5);
    } else if (lease.spec == "inheritance") {
      Say(AttemptFailed{lease.id, FailureClass::kBadInput, Inheritance(parent_), true});
    }
  }

  const int fd_;
  const int parent_;
  std::map<LeaseId, std::int64_t> waiting_;  // and the epoch they are at
};

int Main(int argc, char** argv) {
  if (Mode() == "die") {
    fmt::print(stderr, "no such library\n");
    return 9;
  }
  if (Mode() == "mute") pause();
  const auto fd = ParseInt(Argument(argc, argv, "--fd"));
  const auto parent = ParseInt(Argument(argc, argv, "--parent"));
  if (!fd || !parent) return 2;
  return Double(static_cast<int>(*fd), static_cast<int>(*parent)).Run();
}

}  // namespace
}  // namespace unmask

int main(int argc, char** argv) { return unmask::Main(argc, argv); }
