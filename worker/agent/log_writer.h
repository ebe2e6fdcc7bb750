// Appends to files on a thread of its own: a file system that stands still for a while must not
// keep an agent from its heartbeats.
#pragma once

#include <memory>
#include <string>

#include "common/base/clock.h"
#include "common/base/files.h"

namespace unmask {

// For one thread.
class LogWriter {
 public:
  LogWriter();
  ~LogWriter();  // settles
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  // In the order of the calls. What cannot be written (full disk), or comes while megabytes wait,
  // is lost.
  void Append(fs::path file, std::string text);
  // Waits until all that was appended so far is in the files, or the limit is over.
  void Settle(Millis limit = Millis(3'000)) const;

 private:
  struct Shared;
  // The thread has it too: where a file system stands still for good, the process ends all the
  // same.
  const std::shared_ptr<Shared> shared_;
  bool started_ = false;
};

}  // namespace unmask
