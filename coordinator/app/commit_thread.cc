#include "coordinator/app/commit_thread.h"

#include <exception>
#include <utility>

#include "common/base/check.h"

namespace unmask {

CommitThread::CommitThread(std::function<void()> on_done)
    : on_done_(std::move(on_done)), thread_([this] { Run(); }) {}

CommitThread::~CommitThread() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void CommitThread::Start(std::function<Status()> commit) {
  {
    const std::lock_guard lock(mutex_);
    UNMASK_CHECK(!commit_ && !result_);
    commit_ = std::move(commit);
  }
  changed_.notify_all();
}

std::optional<Status> CommitThread::Result() {
  const std::lock_guard lock(mutex_);
  return std::exchange(result_, std::nullopt);
}

Status CommitThread::Wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return result_.has_value(); });
  return *std::exchange(result_, std::nullopt);
}

namespace {

// Such as no memory: the coordinator says it and ends, the store is as it was.
Status WithoutExceptions(const std::function<Status()>& commit) {
  try {
    return commit();
  } catch (const std::exception& exception) {
    return InternalError(exception.what());
  }
}

}  // namespace

void CommitThread::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return commit_ || ended_; });
    if (!commit_) return;
    const std::function<Status()> commit = std::exchange(commit_, nullptr);
    lock.unlock();
    Status result = WithoutExceptions(commit);
    lock.lock();
    result_ = std::move(result);
    changed_.notify_all();
    on_done_();
  }
}

}  // namespace unmask
