#include "worker/agent/log_writer.h"

#include <fmt/format.h>

#include <condition_variable>
#include <deque>
#include <fstream>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "common/base/log.h"

namespace unmask {
namespace {

constexpr std::size_t kWaitingMax = 16 << 20;  // bytes

}  // namespace

struct LogWriter::Shared {
  struct Text {
    fs::path file;
    std::string text;
  };

  // Opened and closed each time, so that no number of logs holds files open.
  void WriteUntilEnded() {
    std::unique_lock lock(mutex);
    while (true) {
      changed.wait(lock, [this] { return !texts.empty() || ended; });
      if (texts.empty()) return;
      const Text& next = texts.front();  // stays: others are added behind it
      lock.unlock();
      std::ofstream(next.file, std::ios::app) << next.text;
      lock.lock();
      bytes -= next.text.size();
      texts.pop_front();
      changed.notify_all();
    }
  }

  std::mutex mutex;  // guards what follows
  std::condition_variable changed;
  std::deque<Text> texts;  // the first may be being written
  std::size_t bytes = 0;
  bool ended = false;
};

LogWriter::LogWriter() : shared_(std::make_shared<Shared>()) {}

LogWriter::~LogWriter() {
  Settle();
  const std::lock_guard lock(shared_->mutex);
  shared_->ended = true;
  shared_->changed.notify_all();
}

void LogWriter::Append(fs::path file, std::string text) {
  const std::lock_guard lock(shared_->mutex);
  if (shared_->bytes + text.size() > kWaitingMax) return;
  shared_->bytes += text.size();
  shared_->texts.push_back({std::move(file), std::move(text)});
  shared_->changed.notify_all();
  if (started_) return;
  try {
    std::thread([shared = shared_] { shared->WriteUntilEnded(); }).detach();
    started_ = true;
  } catch (const std::system_error& error) {  // the lines wait for the next one's thread
    LogDebug(fmt::format("no thread writes logs: {}", error.what()));
  }
}

void LogWriter::Settle(Millis limit) const {
  std::unique_lock lock(shared_->mutex);
  shared_->changed.wait_for(lock, limit, [this] { return shared_->texts.empty(); });
}

}  // namespace unmask
