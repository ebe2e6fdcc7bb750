#include "worker/trainer/session.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "common/base/log.h"

namespace unmask {

void MessageWriter::Send(const Message& message) {
  const std::lock_guard lock(mutex_);
  if (failed_) return;
  if (const Status sent = WriteFrame(fd_, message); !sent.ok()) {
    LogError(OneLine(sent.error()));
    failed_ = true;
  }
}

Session::Session(int fd, int slots, Millis heartbeat, MessageWriter& writer, RunLease run)
    : fd_(fd), heartbeat_(heartbeat), writer_(writer), run_(std::move(run)) {
  try {
    for (int i = 0; i < slots; ++i) slots_.emplace_back([this] { RunSlot(); });
  } catch (...) {
    EndSlots();
    throw;
  }
}

Session::~Session() { EndSlots(); }

void Session::EndSlots() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    for (const auto& work : work_) work->control.Abandon();
  }
  changed_.notify_all();
  for (std::thread& slot : slots_) slot.join();
}

Status Session::Serve() {
  auto next_heartbeat = std::chrono::steady_clock::now();
  while (!writer_.failed()) {
    const auto now = std::chrono::steady_clock::now();
    if (now >= next_heartbeat) {
      SendHeartbeat();
      next_heartbeat = now + heartbeat_;
    }
    const auto left = std::chrono::ceil<Millis>(next_heartbeat - now);
    pollfd readable{fd_, POLLIN, 0};
    const int ready = poll(&readable, 1, static_cast<int>(left.count()));
    if (ready < 0 && errno != EINTR) {
      return InternalError(fmt::format("cannot wait for the agent: {}", std::strerror(errno)));
    }
    if (ready <= 0) continue;
    UNMASK_ASSIGN(const bool go_on, Receive());
    if (!go_on) break;
  }
  return {};
}

Result<bool> Session::Receive() {
  std::array<char, 65536> buffer;
  const ssize_t n = recv(fd_, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (n < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK)) return true;
  if (n <= 0) return false;  // the agent is gone
  received_.Feed({buffer.data(), static_cast<std::size_t>(n)});
  while (true) {
    UNMASK_ASSIGN(const auto message, received_.Next());
    if (!message) return true;
    if (!On(*message)) return false;
  }
}

bool Session::On(const Message& message) {
  if (const auto* lease = std::get_if<Lease>(&message)) Start(*lease);
  if (const auto* stale = std::get_if<Superseded>(&message)) Abandon(stale->lease);
  if (const auto* go = std::get_if<GangGo>(&message)) LetGangGo(*go);
  if (std::holds_alternative<StopGracefully>(message)) YieldAll();
  return !std::holds_alternative<Goodbye>(message);
}

void Session::Start(const Lease& lease) {
  const std::lock_guard lock(mutex_);
  auto work = std::make_shared<Work>();
  work->lease = lease;
  work->control.yield = yielding_;
  work_.push_back(std::move(work));
  changed_.notify_one();
}

void Session::Abandon(const LeaseId& lease) {
  const std::lock_guard lock(mutex_);
  for (const auto& work : work_) {
    if (work->lease.id == lease) work->control.Abandon();
  }
  std::erase_if(work_, [&](const auto& work) { return !work->running && work->control.abandon; });
}

void Session::YieldAll() {
  const std::lock_guard lock(mutex_);
  yielding_ = true;
  for (const auto& work : work_) work->control.Yield();
}

void Session::LetGangGo(const GangGo& go) {
  const std::lock_guard lock(mutex_);
  for (const auto& work : work_) {
    if (work->lease.id == go.lease) work->control.LetGo(go.address);
  }
}

void Session::SendHeartbeat() {
  Heartbeat heartbeat;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& work : work_) {
      if (!work->running) continue;
      const LeaseControl& control = work->control;
      heartbeat.slots.push_back({work->lease.id, control.epoch, control.steps, control.waits});
    }
  }
  writer_.Send(heartbeat);
}

std::shared_ptr<Session::Work> Session::TakeWork() {
  std::unique_lock lock(mutex_);
  while (true) {
    if (ending_) return nullptr;
    const auto waiting =
        std::find_if(work_.begin(), work_.end(), [](const auto& work) { return !work->running; });
    if (waiting != work_.end()) {
      (*waiting)->running = true;
      return *waiting;
    }
    changed_.wait(lock);
  }
}

void Session::RunSlot() {
  while (const std::shared_ptr<Work> work = TakeWork()) {
    run_(work->lease, work->control);
    {
      const std::lock_guard lock(mutex_);
      work_.remove(work);
    }
    if (work->control.abandon) SendHeartbeat();  // nothing else says that its slot is free
  }
}

}  // namespace unmask
